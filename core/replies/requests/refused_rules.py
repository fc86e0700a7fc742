"""What a rule of the workspace has refused, as a sentence that says what is left, and whose rule it is."""

from collections.abc import Iterator

from core.domain.chat.principal import Belongs
from core.domain.errors import Refused
from core.domain.rules.allowances import Overrun
from core.domain.rules.changes import WrongRule
from core.domain.rules.decision import NotAllowed, WhyNot
from core.domain.rules.kinds import EVERYBODY, GUESTS, OUTSIDERS, RuleKind, WorkspaceRule
from core.domain.rules.presets import UnknownPreset
from core.replies.chat.card import Channel, ListLine, Moment, Part, Person, Role, Word
from core.replies.chat.tier_names import label
from core.replies.chat.words import brief, count, credit_count, cut, either, listed

WORD_MAX = 40
CHANNELS_MAX = 5
PRESETS_MAX = 12


def words(refusal: Refused) -> tuple[str, str] | None:
    """Heading and advice; None if it is none of these."""
    if isinstance(refusal, WrongRule):
        return _wrong(refusal)
    if isinstance(refusal, UnknownPreset):
        known = f"There is {listed([f'preset:{name}' for name in refusal.known[:PRESETS_MAX]])}."
        none = "There are none here yet: managers make them in /settings."
        return f"I don't know the preset “{cut(refusal.name, WORD_MAX)}”", known if refusal.known else none
    if not isinstance(refusal, NotAllowed):
        return None
    heading, advice = _words(refusal)
    return heading, f"{advice} Nothing was taken."


def _wrong(refusal: WrongRule) -> tuple[str, str]:
    heading = f"“{cut(refusal.value, WORD_MAX)}” cannot be set here" if refusal.value else "Something is missing"
    if len(refusal.known) == 2 and all(each.isdigit() for each in refusal.known):
        return (
            heading,
            f"It is a whole number from {refusal.known[0]} to {refusal.known[1]}, or off. Nothing was changed.",
        )
    ways = f"It can be {either(refusal.known)}." if refusal.known else "Fill in what is asked for."
    return heading, f"{ways} Nothing was changed."


def whose(refusal: Refused) -> tuple[Part, ...]:
    """Which rule it is, and where one may ask instead."""
    if not isinstance(refusal, NotAllowed):
        return ()
    parts: list[Part] = []
    if refusal.why is WhyNot.CHANNEL and refusal.instead:
        channels = [Channel(each) for each in refusal.instead[:CHANNELS_MAX]]
        parts.append(ListLine("Ask here instead:", tuple(_with_commas(channels))))
    if refusal.rule is not None and refusal.why is not WhyNot.PERSON:
        parts.append(ListLine("The rule:", tuple(_rule(refusal.rule))))
    return tuple(parts)


def about(subject: str) -> Word:
    """Whom a rule is about."""
    named: dict[str, Word] = {EVERYBODY: "everybody", GUESTS: "guests", OUTSIDERS: "people of elsewhere"}
    return named.get(subject, Role(subject))


def _rule(rule: WorkspaceRule) -> Iterator[Word]:
    if rule.kind in {
        RuleKind.TIERS,
        RuleKind.VIDEOS_PER_DAY,
        RuleKind.CREDITS_PER_DAY,
        RuleKind.WAIT_S,
        RuleKind.OPEN_MOST,
    }:
        yield "for "
        yield about(rule.subject)
        yield ", "
    yield "set by "
    yield Person(rule.author) if rule.author is not None else "somebody who left"
    yield " on "
    yield Moment(rule.at, with_day=True)
    if rule.subject not in {EVERYBODY, ""} and rule.kind is not RuleKind.CHANNEL:
        yield ". Of all that are about you, it is the newest, and that one counts"


def _with_commas(channels: list[Channel]) -> Iterator[Word]:
    for number, channel in enumerate(channels):
        if number:
            yield ", "
        yield channel


_ALWAYS = {
    WhyNot.PERSON: (
        "You cannot make videos here",
        "The managers of this place have paused it for you. Ask one of them.",
    ),
    WhyNot.CHANNEL: ("Videos are not made in this channel", "Its managers have decided where they are."),
    WhyNot.ADULT_CHANNEL: (
        "No videos in this age-restricted channel",
        "A manager can mark it in /settings; then they are made here.",
    ),
}


def _words(refusal: NotAllowed) -> tuple[str, str]:
    if refusal.why in _ALWAYS:
        return _ALWAYS[refusal.why]
    word = f"“{cut(refusal.word, WORD_MAX)}”"
    match refusal.why:
        case WhyNot.BELONGS:
            who = "guests" if refusal.belongs is Belongs.GUEST else "people from elsewhere"
            return f"This place does not make videos for {who}", "Its members pay for them. /settings can change that."
        case WhyNot.WORD:
            return f"{word} is not wanted here", "Say it in other words; only you see this."
        case WhyNot.ADULT_WORD:
            way = "Ask there, or say it in other words; only you see this."
            return f"{word} belongs in an age-restricted channel", way
        case WhyNot.TIER:
            tiers = [f"tier:{tier}" for tier in refusal.instead]
            way = f"You may choose {either(tiers)}." if tiers else "Ask a manager of this place."
            return "This quality is not for you here", way
        case WhyNot.PRICE:
            most = "".join(refusal.instead)
            return (
                f"This needs {credit_count(refusal.needed)} or more, and one video of it may have {most} here",
                "Ask for a shorter one, or for another tier.",
            )
        case _:
            return _limit(refusal)


def _limit(refusal: NotAllowed) -> tuple[str, str]:
    over = refusal.overrun
    if over is None:
        raise TypeError("a limit without its numbers") from refusal
    left = max(0, over.most - over.used)
    match over.kind:
        case RuleKind.VIDEOS_PER_DAY:
            return (
                f"That was today's {count(over.most, 'video')}" if over.most else "No videos for you here",
                f"{_resets(over)}." if over.most else "A manager can change that in /settings.",
            )
        case RuleKind.CREDITS_PER_DAY:
            cheaper = [f"{label(tier)} costs {price}" for tier, price in refusal.affordable]
            way = f" This needs {refusal.needed}; {listed(cheaper)}." if cheaper else f" This needs {refusal.needed}."
            return f"{left} of {over.most} left today", f"{_resets(over)}.{way}"
        case RuleKind.OPEN_MOST:
            return (
                f"You have {count(over.used, 'video')} under way, and may have {over.most}",
                "Wait until one is ready, or stop one: /video cancel shows them.",
            )
        case _:
            return (
                f"You can ask again in {brief(over.frees_s or 1)}",
                f"Between two requests there are {brief(over.most)} here.",
            )


def _resets(over: Overrun) -> str:
    return f"It resets in {brief(over.frees_s or 1)}"
