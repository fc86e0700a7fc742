"""Refusals by a rule of the workspace, as sentences that say what is allowed, and whose rule it is."""

from collections.abc import Iterator

from core.domain.chat.principal import Belongs
from core.domain.errors import Refused
from core.domain.rules.allowances import Overrun
from core.domain.rules.changes import WrongRule
from core.domain.rules.decision import NotAllowed, WhyNot
from core.domain.rules.kinds import EVERYBODY, GUESTS, LEVELS, OUTSIDERS, SUPPORTERS, RuleKind, WorkspaceRule
from core.domain.rules.presets import UnknownPreset
from core.replies.chat.card import Channel, ListLine, Moment, Part, Person, Role, Word
from core.replies.chat.tier_names import label
from core.replies.chat.words import brief, credit_count, cut, either, listed, video_count
from core.replies.languages.say import amount, later, say
from core.replies.languages.vocabulary import place

WORD_MAX = 40
CHANNELS_MAX = 5
PRESETS_MAX = 12


def words(refusal: Refused) -> tuple[str, str] | None:
    """The heading and the advice; None for other refusals."""
    if isinstance(refusal, WrongRule):
        return _wrong(refusal)
    if isinstance(refusal, UnknownPreset):
        known = say("There is {words}.", words=listed([f"preset:{name}" for name in refusal.known[:PRESETS_MAX]]))
        none = say("There are none here yet: managers make them in /settings.")
        return say(
            "I don't know the preset “{name}”", name=cut(refusal.name, WORD_MAX)
        ), known if refusal.known else none
    if not isinstance(refusal, NotAllowed):
        return None
    heading, advice = _words(refusal)
    return heading, f"{advice} {say('Nothing was taken.')}"


def _wrong(refusal: WrongRule) -> tuple[str, str]:
    heading = (
        say("“{value}” cannot be set here", value=cut(refusal.value, WORD_MAX))
        if refusal.value
        else say("Something is missing")
    )
    if len(refusal.known) == 2 and all(each.isdigit() for each in refusal.known):
        return (
            heading,
            say(
                "It is a whole number from {known} to {known_2}, or off. Nothing was changed.",
                known=refusal.known[0],
                known_2=refusal.known[1],
            ),
        )
    ways = (
        say("It can be {words}.", words=either(refusal.known)) if refusal.known else say("Fill in what is asked for.")
    )
    return heading, say("{ways} Nothing was changed.", ways=ways)


def whose(refusal: Refused) -> tuple[Part, ...]:
    """The rule, and the channels where it does not hold."""
    if not isinstance(refusal, NotAllowed):
        return ()
    parts: list[Part] = []
    if refusal.why is WhyNot.CHANNEL and refusal.instead:
        channels = [Channel(each) for each in refusal.instead[:CHANNELS_MAX]]
        parts.append(ListLine(say("Ask here instead:"), tuple(_with_commas(channels))))
    if refusal.rule is not None and refusal.why is not WhyNot.PERSON:
        parts.append(ListLine(say("The rule:"), tuple(_rule(refusal.rule))))
    return tuple(parts)


def about(subject: str) -> Word:
    """The persons whom a rule is about."""
    named: dict[str, Word] = {
        EVERYBODY: say("everybody"),
        GUESTS: say("guests"),
        OUTSIDERS: say("people of elsewhere"),
        SUPPORTERS: say("supporters"),
        **{level: say("everybody from level {n} on", n=n) for n, level in enumerate(LEVELS, 1)},
    }
    return named.get(subject, Role(subject))


def _rule(rule: WorkspaceRule) -> Iterator[Word]:
    if rule.kind in {
        RuleKind.TIERS,
        RuleKind.VIDEOS_PER_DAY,
        RuleKind.CREDITS_PER_DAY,
        RuleKind.WAIT_S,
        RuleKind.OPEN_MOST,
    }:
        yield say("for ")
        yield about(rule.subject)
        yield ", "
    yield say("set by ")
    yield Person(rule.author) if rule.author is not None else say("somebody who left")
    yield say(" on ")
    yield Moment(rule.at, with_day=True)
    if rule.subject not in {EVERYBODY, ""} and rule.kind is not RuleKind.CHANNEL:
        yield say(". Of all that are about you, it is the newest, and that one counts")


def _with_commas(channels: list[Channel]) -> Iterator[Word]:
    for number, channel in enumerate(channels):
        if number:
            yield ", "
        yield channel


_ALWAYS = {
    WhyNot.PERSON: (
        later("You cannot make videos here"),
        later("The managers of this {place} have paused it for you. Ask one of them."),
    ),
    WhyNot.CHANNEL: (later("Videos are not made in this channel"), later("Its managers have decided where they are.")),
    WhyNot.ADULT_CHANNEL: (
        later("No videos in this age-restricted channel"),
        later("A manager can mark it in /settings; then they are made here."),
    ),
}


def _words(refusal: NotAllowed) -> tuple[str, str]:
    if refusal.why in _ALWAYS:
        heading, advice = _ALWAYS[refusal.why]
        return say(heading), say(advice, place=place())
    word = f"“{cut(refusal.word, WORD_MAX)}”"
    match refusal.why:
        case WhyNot.BELONGS:
            who = say("guests") if refusal.belongs is Belongs.GUEST else say("people from elsewhere")
            return say("This {place} does not make videos for {who}", place=place(), who=who), say(
                "Its members pay for them. /settings can change that."
            )
        case WhyNot.WORD:
            return say("{word} is not wanted here", word=word), say("Say it in other words; only you see this.")
        case WhyNot.ADULT_WORD:
            way = say("Ask there, or say it in other words; only you see this.")
            return say("{word} belongs in an age-restricted channel", word=word), way
        case WhyNot.TIER:
            tiers = [f"tier:{tier}" for tier in refusal.instead]
            way = (
                say("You may choose {words}.", words=either(tiers))
                if tiers
                else say("Ask a manager of this {place}.", place=place())
            )
            return say("This quality is not for you here"), way
        case WhyNot.PRICE:
            most = "".join(refusal.instead)
            return (
                say(
                    "This needs {credits} or more, and one video of it may have {most} here",
                    credits=credit_count(refusal.needed),
                    most=most,
                ),
                say("Ask for a shorter one, or for another tier."),
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
                say("That was today's {videos}", videos=video_count(over.most))
                if over.most
                else say("No videos for you here"),
                f"{_resets(over)}." if over.most else say("A manager can change that in /settings."),
            )
        case RuleKind.CREDITS_PER_DAY:
            cheaper = [
                say("{tier} costs {price}", tier=label(tier), price=amount(price)) for tier, price in refusal.affordable
            ]
            way = (
                say("This needs {needed}; {words}.", needed=amount(refusal.needed), words=listed(cheaper))
                if cheaper
                else say("This needs {needed}.", needed=amount(refusal.needed))
            )
            return say(
                "{left} of {most} left today", left=amount(left), most=credit_count(over.most)
            ), f"{_resets(over)}. {way}"
        case RuleKind.OPEN_MOST:
            return (
                say("You have {used} under way, and may have {most}", used=video_count(over.used), most=over.most),
                say("Wait until one is ready, or stop one: /video cancel shows them."),
            )
        case _:
            return (
                say("You can ask again in {time}", time=brief(over.frees_s or 1)),
                say("Between two requests there are {time} here.", time=brief(over.most)),
            )


def _resets(over: Overrun) -> str:
    return say("It resets in {time}", time=brief(over.frees_s or 1))
