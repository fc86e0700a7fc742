"""Finds what may be an option though its name is none: slips of the finger, other bots' flags, options without a sign.

Nothing of it is taken; each is asked about.
"""

import re
from collections.abc import Iterator, Sequence

from core.domain.requests.glyphs import plain
from core.domain.requests.option_hits import FREE, PICTURES, Hit, Verdict
from core.domain.requests.option_names import PATTERN, named, near
from core.domain.requests.option_places import PUNCTUATION, PlacedText, around, value_at
from core.domain.requests.option_values import meant, stands_for, value_of
from core.domain.requests.options import Option

_NEAR = re.compile(r"(?P<lead>-{1,8}|/)?(?P<name>[a-zß-ɏ]{3,20})(?P<sep> *[:=] *|(?<=\w) +)(?=\S)")
_FLAG = re.compile(
    r"(?<![\w-])--(?P<name>[a-z](?:[a-z0-9_-]+|(?= \d))|\d+[a-z][\w-]*)(?:[:=]\S+| [^\s-]\S*(?= --|$)| \d\S*)?",
)
_SLIPPED = re.compile(
    rf"(?P<lead>-{{1,8}} ?)?(?P<name>{PATTERN})(?:[;,.|>~/_…+#-]+|(?=\d))(?P<value>[^\s,;|]+)"
    rf"|(?P<sign>[#@$%&:]+)(?P<signed>{PATTERN}) ?[:=]+ ?(?P<its>[^\s,;|]+)"
)
_SWITCHED_ON = frozenset({"audio", "sound"})
_SWITCHED_OFF = re.compile(r"no[-_]?(?:audio|sound)|muted?|silent")
_BARE = rf"(?P<name>{PATTERN}) (?P<value>\S+(?: (?:seconds?|secs?|s))?)"
_EDGES = (re.compile(rf"(?:^|[ ,;]){_BARE}[.!,;]*$"), re.compile(rf"^{_BARE}(?=[ ,;])"))


def guesses(text: PlacedText, found: Sequence[Hit]) -> list[Hit]:
    """What may be an option beside those that were found."""
    taken = [(hit.start, hit.end) for hit in found]
    more: list[Hit] = []
    for hit in (*_near(text), *_slipped(text), *_flags(text)):
        if not any(start < hit.end and hit.start < end for start, end in taken):
            more.append(hit)
            taken.append((hit.start, hit.end))
    return more


def bare(text: PlacedText, prompt: str) -> Iterator[Hit]:
    """An option without any sign of one, first or last in a description: a fox in the snow, tier pro."""
    inside = plain(prompt)
    for pattern in _EDGES:
        match = pattern.search(inside)
        if match is None:
            continue
        name, word = named(match["name"]), match["value"].strip(PUNCTUATION)
        value = value_of(name.option, word)
        if name.option in FREE or name.common or value is None:
            continue
        words = prompt[match.start("name") : match.start("value") + len(word)]
        start = text.typed.rfind(words)
        end = start + len(words)
        if start >= 0 and not text.is_settled(start, end):
            yield Hit(start=start, end=end, verdict=Verdict.ASK, option=name.option, value=value, typed=word)
            return


def _near(text: PlacedText) -> Iterator[Hit]:
    """A name with a slip of the finger in it: teir:pro. It counts where its value could be one."""
    for head in _NEAR.finditer(text.plain):
        is_loose = " " in head["sep"]
        if (not head["sep"].strip() and head["lead"] is None) or not text.begins_word(head.start()):
            continue
        option = near(head["name"])
        if option is None or option in PICTURES or (option in FREE and is_loose):
            continue
        value = value_at(text, head.end(), option)
        typed = text.typed[value.start : value.end].strip(PUNCTUATION)
        good = typed if option in FREE else value_of(option, value.word)
        choices = (good,) if good else () if is_loose else meant(option, value.word)
        start, end = around(text, head.start(), value)
        if choices and not text.is_settled(start, end):
            yield Hit(
                start=start, end=end, verdict=Verdict.ASK, option=option, value=choices[0], typed=typed, choices=choices
            )


def _flags(text: PlacedText) -> Iterator[Hit]:
    """What other bots' options look like: --stylize 200. Only with two keyboard hyphens; a dash may be a dash."""
    for flag in _FLAG.finditer(text.plain):
        is_typed = text.typed[flag.start() : flag.start() + 2] == "--"
        if is_typed and text.begins_word(flag.start()) and not text.is_settled(flag.start(), flag.end()):
            yield _flag(flag["name"], flag.start(), flag.end("name")) or Hit(
                start=flag.start(),
                end=flag.end(),
                verdict=Verdict.UNKNOWN,
                option=None,
                typed=text.typed[flag.start() : flag.end()],
            )


def _flag(name: str, start: int, end: int) -> Hit | None:
    """A flag that is a value by itself: --mute and --audio surely, --4k and --square to be asked about."""
    if name in _SWITCHED_ON or _SWITCHED_OFF.fullmatch(name):
        value = "on" if name in _SWITCHED_ON else "off"
        return Hit(start=start, end=end, verdict=Verdict.TAKE, option=Option.AUDIO, value=value, typed=name)
    for option in (Option.TIER, Option.ASPECT):
        good = value_of(option, name) or stands_for(name)
        if good is not None:
            return Hit(
                start=start, end=end, verdict=Verdict.ASK, option=option, value=good, typed=name, choices=(good,)
            )
    return None


def _slipped(text: PlacedText) -> Iterator[Hit]:
    """A name with another sign behind or before it, or with none: tier;pro, #tier:pro, ar9:16.

    It counts where its value is one.
    """
    for slip in _SLIPPED.finditer(text.plain):
        name = named(slip["name"] or slip["signed"])
        word = (slip["value"] or slip["its"]).strip(f"{PUNCTUATION}:")
        value = value_of(name.option, word)
        if value is None or name.common or name.option in FREE:
            continue
        begins = not text.is_in_address(slip.start()) if slip["sign"] else text.begins_word(slip.start())
        if begins and not text.is_settled(slip.start(), slip.end()):
            start, end = slip.span()
            yield Hit(start=start, end=end, verdict=Verdict.ASK, option=name.option, value=value, typed=word)
