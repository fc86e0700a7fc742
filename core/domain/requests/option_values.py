"""The values of options as people write them: what they stand for, and what somebody may have meant by another word."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

from core.domain.requests.option_names import is_one_slip
from core.domain.requests.options import OPTIONS, Option, OwnValues, Switch, WholeNumber
from core.domain.requests.request import TAKES_MAX, Aspect
from core.domain.requests.tiers import TIERS, TierName

_TIERS = {
    **{name.value: name for name in TierName},
    **dict.fromkeys(("best available", "best-available", "best_available", "best", "auto"), TierName.DEFAULT),
    "std": TierName.STANDARD,
}
_MEANT_TIERS = {
    **dict.fromkeys(("4k", "uhd", "2160p", "max", "maximum", "highest"), TierName.ULTRA),
    **dict.fromkeys(("1080p", "1080", "hd", "fullhd", "high", "professional", "profi", "premium"), TierName.PRO),
    **dict.fromkeys(("720p", "720", "medium", "mid", "normal", "regular"), TierName.STANDARD),
    **dict.fromkeys(("480p", "480", "low", "lowest", "cheap", "fast", "quick", "test", "preview"), TierName.DRAFT),
}
_ASPECTS = {
    **dict.fromkeys(
        ("wide", "widescreen", "landscape", "horizontal", "youtube", "querformat", "breitbild", "paysage"), Aspect.WIDE
    ),
    **dict.fromkeys(("tall", "vertical", "portrait", "upright", "phone", "mobile"), Aspect.TALL),
    **dict.fromkeys(("story", "stories", "reel", "reels", "shorts", "tiktok"), Aspect.TALL),
    **dict.fromkeys(("hochformat", "hochkant", "vertikal"), Aspect.TALL),
    **dict.fromkeys(("square", "quadrat", "quadratisch", "carré"), Aspect.SQUARE),
    **dict.fromkeys(("cinema", "cinematic", "ultrawide"), Aspect.CINEMA),
}
_SWITCHES = {
    **dict.fromkeys(("on", "an", "ein"), "on"),
    **dict.fromkeys(("off", "aus"), "off"),
    **dict.fromkeys(("yes", "true", "with", "enabled", "ja", "oui", "si", "sí"), "on"),
    **dict.fromkeys(("no", "false", "none", "without", "disabled", "mute", "muted", "silent", "nein", "non"), "off"),
}
_CLEAR_SWITCHES = frozenset({"on", "off"})
_NUMBERS = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen",
)  # fmt: skip

_UNIT = r"(?:\s*(?P<unit>seconds?|secs?|sekunden|secondes?|segundos?|秒|s|minutes?|mins?))?"
_TO = r"(?:[:x/*-]|by|to)"
_OWN_WORDS = {
    Option.TIER: "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in sorted(_TIERS, key=len, reverse=True)),
    Option.ASPECT: rf"\d{{1,2}}\s?{_TO}\s?\d{{1,2}}|" + "|".join(sorted(_ASPECTS, key=len, reverse=True)),
    Option.SECONDS: r"(?:0?0:)?\d{1,9}" + _UNIT,
    Option.TAKES: r"x?\d{1,2}",
    Option.PRESET: r"[^\W_][\w-]{0,40}",
    Option.AT: (
        r"when\s+cheap|in\s+\d{1,3}\s*\w+|(?:\d{4}-\d\d-\d\d|to\w+|\w+day)(?:\s+(?:at\s+)?\d{1,2}(?::\d\d)?(?:\s?[ap]m)?)?"
    ),
}  # fmt: skip


def _words(option: Option) -> str | None:
    match OPTIONS[option].kind:
        case Switch():
            return "|".join(sorted(_SWITCHES, key=len, reverse=True))
        case WholeNumber(most=most):
            return rf"\d{{1,{len(str(most))}}}"
        case _:
            return _OWN_WORDS.get(option)


SHAPES = {
    option: re.compile(f"(?:{words})(?![a-z0-9:]|[-_'][a-z0-9]|[.,][0-9])")
    for option in Option
    if (words := _words(option)) is not None
}
"""How a value that can be one begins, by option; of others every word may be one."""
# What makes a number a length and not a time: "length: 3 meters".
OTHER_UNIT = re.compile(
    r"\s*(?:m|cm|mm|km|met(?:er|re)s?|inch(?:es)?|feet|foot|ft|yards?|miles?|pages?|words?|lines?|hours?|days?|years?"
    r"|o'?clock|[ap]\.?m\.?)(?!\w)"
)


def value_of(option: Option, word: str) -> str | None:
    """The value that a word stands for, as cards and examples write it; None where it is none.

    Args:
        word: as `glyphs.plain` spells it.
    """
    word = word.strip()
    kind = OPTIONS[option].kind
    match kind:
        case Switch():
            return _SWITCHES.get(word)
        case WholeNumber():
            return _number(word, kind)
        case OwnValues():
            return _own_value(option, word)
        case _:
            return word or None


def _own_value(option: Option, word: str) -> str | None:
    match option:
        case Option.TIER:
            tier = _TIERS.get(re.sub(r"\s+", " ", word))
            return tier.value if tier else None
        case Option.ASPECT:
            return _aspect(word)
        case Option.SECONDS:
            return _seconds(word)
        case Option.TAKES:
            return re.sub("^x", "", word) if re.fullmatch(r"x?[1-9]", word) else None
        case Option.AT:
            return word if re.search(r"\d|cheap|to(?:day|night|morrow)|day\b", word) else None
        case _:
            return word or None


def is_clear(option: Option, word: str) -> bool:
    """Whether a value says what it is without the rest of its sentence: on and off do, yes and no do not."""
    return not isinstance(OPTIONS[option].kind, Switch) or word.strip() in _CLEAR_SWITCHES


def meant(option: Option, word: str) -> tuple[str, ...]:
    """The values that somebody may have meant by a word that is none, the likeliest first."""
    word = word.strip().strip("\"'()[]{}.,;!?")
    kind = OPTIONS[option].kind
    match kind:
        case Switch():
            return tuple(dict.fromkeys(_SWITCHES[near] for near in _close(word, _SWITCHES)))
        case WholeNumber():
            digits = re.fullmatch(r"#?([0-9]+)(?:[.,][0-9]+)?", word)
            number = _number(digits[1], kind) if digits else None
            return () if number is None else (number,)
        case _:
            return _own_meant(option, word)


def _own_meant(option: Option, word: str) -> tuple[str, ...]:
    match option:
        case Option.TIER:
            return _meant_tier(word)
        case Option.ASPECT:
            return _meant_aspect(word)
        case Option.SECONDS:
            number = re.match(r"(\d{1,4})(?:[.,]\d+)?(?![\d:])", word)
            return (number[1],) if number else _meant_number(word)
        case _:
            return ()


def stands_for(word: str) -> str | None:
    """The tier that another word than its name stands for: 4k, hd."""
    return _MEANT_TIERS[word].value if word in _MEANT_TIERS else None


def known(option: Option) -> tuple[str, ...]:
    """The values of an option that has only a few."""
    if isinstance(OPTIONS[option].kind, Switch):
        return ("on", "off")
    match option:
        case Option.TIER:
            return tuple(name.value for name in TierName)
        case Option.ASPECT:
            return tuple(aspect.value for aspect in Aspect)
        case Option.TAKES:
            return tuple(map(str, range(1, TAKES_MAX + 1)))
        case _:
            return ()


def _number(word: str, kind: WholeNumber) -> str | None:
    if not re.fullmatch(rf"[0-9]{{1,{len(str(kind.most))}}}", word):
        return None
    return str(int(word)) if kind.least <= int(word) <= kind.most else None


def _aspect(word: str) -> str | None:
    if word in _ASPECTS:
        return _ASPECTS[word].value
    ratio = re.fullmatch(rf"(\d{{1,2}})\s?{_TO}\s?(\d{{1,2}})", word)
    given = f"{int(ratio[1])}:{int(ratio[2])}" if ratio else None
    return given if given in set(Aspect) else None


def _seconds(word: str) -> str | None:
    typed = SHAPES[Option.SECONDS].fullmatch(word)
    if typed is None:
        return None
    number = re.search(r"\d+(?=\D*$)", word)
    in_minutes = (typed["unit"] or "").startswith("min")
    return str(int(number[0]) * (60 if in_minutes else 1)) if number else None


def _meant_tier(word: str) -> tuple[str, ...]:
    if word in _MEANT_TIERS:
        return (_MEANT_TIERS[word].value,)
    maker = re.match(r"[a-z]+", word)
    makers = [tier for tier in reversed(TIERS.values()) if maker and maker[0] in tier.chain and tier.name != "default"]
    first = [tier for tier in makers if maker and tier.chain[0] == maker[0]]
    if makers:
        return tuple(dict.fromkeys(tier.name.value for tier in (*first, *makers)))
    names = {**_MEANT_TIERS, **_TIERS}
    near = _close(word, _TIERS) or [name for name in _TIERS if is_one_slip(word, name)] or _close(word, _MEANT_TIERS)
    return tuple(dict.fromkeys(names[name].value for name in near))


def _meant_aspect(word: str) -> tuple[str, ...]:
    ratio = re.match(r"(\d{1,4})(?:[.,]\d+)?\s?[:x/]\s?(\d{1,4})", word)
    if ratio is None:
        return tuple(dict.fromkeys(_ASPECTS[near].value for near in _close(word, _ASPECTS)))
    width, height = max(1, int(ratio[1])), max(1, int(ratio[2]))
    return (min(Aspect, key=lambda aspect: abs(aspect.ratio - width / height)).value,)


def _meant_number(word: str) -> tuple[str, ...]:
    return tuple(str(_NUMBERS.index(near) + 1) for near in _close(word, _NUMBERS)[:1])


def _close(word: str, words: Iterable[str]) -> list[str]:
    return get_close_matches(word, list(words), n=2, cutoff=0.7) if 1 < len(word) < 30 else []
