"""The questions about a command before any credits are taken, and the buttons to go on with a refused one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from core.domain.errors import Refused
from core.domain.requests.drafts import AS_IT_IS, GO, MOST_TAKES, Draft, DraftAnswer, Means, with_tier
from core.domain.requests.options import OPTIONS, Option, is_words
from core.domain.requests.reading import Question, Reading, WhyAsked, written
from core.domain.requests.refusals import Insufficient, NoProviderForPictures, OverBudget, TooBusy, TooManyTakes
from core.domain.requests.tiers import TierName
from core.domain.rules.decision import NotAllowed, WhyNot
from core.replies.chat.card import Action, Button, Card, QuotedText, Text, Tone
from core.replies.chat.option_words import WORDS
from core.replies.chat.tier_names import label as named
from core.replies.chat.words import credit_count, cut, either
from core.replies.languages.say import later, say

WORDS_MAX = 60
TEXT_MAX = 600
FIX = later("Fix and run")
TIERS_OFFERED = 3

_NAMES = {
    Option.SECONDS: later("length in seconds"),
    Option.LAST_IMAGE: later("last picture"),
    Option.IMAGE: later("picture"),
}


def asks(
    reading: Reading, found: Sequence[DraftAnswer], *, draft_id: UUID | None, prices: Mapping[TierName, int]
) -> Card:
    """The first question about a command.

    Args:
        found: the answers that can be given.
        draft_id: None where it could not be kept, so that no button would work.
        prices: by tier, what this video holds at most.
    """
    question = reading.questions[0]
    heading, advice = _words(question)
    buttons: list[Button] = []
    if draft_id is not None:
        buttons = [
            Button(Action.ANSWER, _label(question, answer, prices), f"{draft_id.hex}-{number}", primary=number == 0)
            for number, answer in enumerate(found)
        ]
        buttons.append(Button(Action.FIX, say(FIX), draft_id.hex))
    return Card(
        title=heading,
        tone=Tone.WARNING,
        parts=(
            Text(f"{advice} {say('Nothing was taken.')}"),
            QuotedText(cut(reading.text, TEXT_MAX)),
            *buttons,
        ),
    )


def word_or_description(word: str, text: str, *, draft_id: UUID | None) -> Card:
    """The question about `/video show a dog`: a command word with others behind it."""
    buttons: tuple[Button, ...] = ()
    if draft_id is not None:
        buttons = (
            Button(Action.ANSWER, say("Make a video of it"), f"{draft_id.hex}-{AS_IT_IS}", primary=True),
            Button(Action.FIX, say(FIX), draft_id.hex),
        )
    return Card(
        title=say("Is this a description?"),
        tone=Tone.WARNING,
        parts=(
            Text(
                say(
                    "“{word}” alone is a command of mine, and I don't know what is behind it. Nothing was taken.",
                    word=word,
                )
            ),
            QuotedText(cut(text, TEXT_MAX)),
            *buttons,
        ),
    )


def improved(
    draft: Draft, *, draft_id: UUID | None, credits_held: int | None, own_id: UUID | None, is_own: bool
) -> Card:
    """The proposal of an improved description, which the person can use, change or refuse.

    Args:
        own_id: the draft with their own words.
        is_own: the draft has the person's own words, because the help did not answer.
    """
    card = proposes(draft, draft_id=draft_id, credits_held=credits_held)
    if is_own:
        note = Text(say("The writing help did not answer, so these are your own words."))
        return replace(card, parts=(note, *card.parts))
    if own_id is None:
        return card
    return replace(card, parts=(*card.parts, Button(Action.ANSWER, say("Use my words"), f"{own_id.hex}-{GO}")))


def proposes(draft: Draft, *, draft_id: UUID | None, credits_held: int | None) -> Card:
    """The proposal of a changed video, which the person can make or change further."""
    buttons: tuple[Button, ...] = ()
    if draft_id is not None:
        price = "" if credits_held is None else f": {say('up to {credits}', credits=credit_count(credits_held))}"
        buttons = (
            Button(Action.ANSWER, f"{say('Make it')}{price}", f"{draft_id.hex}-{GO}", primary=True),
            Button(Action.FIX, say(FIX), draft_id.hex),
        )
    return Card(
        title=say("Like this?"),
        parts=(QuotedText(cut(draft.reading.prompt, TEXT_MAX)), Text(say("Nothing was taken.")), *buttons),
    )


def or_new(card: Card, *, draft_id: UUID | None) -> Card:
    """The proposal of a change, with a button for words that describe a new video."""
    if draft_id is None:
        return card
    return replace(card, parts=(*card.parts, Button(Action.ANSWER, say("It is a new video"), f"{draft_id.hex}-{GO}")))


def or_description(card: Card, *, draft_id: UUID | None) -> Card:
    """An answer to /video show, with a button for words that are a description."""
    if draft_id is None:
        return card
    way = Button(Action.ANSWER, say("Make a video of it"), f"{draft_id.hex}-{AS_IT_IS}")
    return replace(card, parts=(*card.parts, way))


def fixable(card: Card, refusal: Refused | None, *, draft_id: UUID | None) -> Card:
    """A refusal with the buttons to go on, so that the typed text is not lost."""
    if draft_id is None:
        return card
    return replace(card, parts=(*card.parts, *_ways(refusal, draft_id), Button(Action.FIX, say(FIX), draft_id.hex)))


def ask_anew(card: Card, *, draft_id: UUID | None) -> Card:
    """A refusal about a result that no longer exists, with a button for a new one."""
    if draft_id is None:
        return card
    return replace(card, parts=(*card.parts, Button(Action.FIX, say("Ask for a new one"), draft_id.hex)))


def _ways(refusal: Refused | None, draft_id: UUID) -> Iterable[Button]:
    match refusal:
        case (
            Insufficient(affordable=affordable)
            | OverBudget(affordable=affordable)
            | TooBusy(quicker=affordable)
            | NotAllowed(affordable=(_, *_) as affordable)
        ):
            for tier, price in affordable[:TIERS_OFFERED]:
                label = say("Make it with {tier}: up to {credits}", tier=named(tier), credits=credit_count(price))
                yield Button(Action.ANSWER, label, f"{draft_id.hex}-{with_tier(tier)}")
        case NotAllowed(why=WhyNot.TIER, instead=tiers) | NoProviderForPictures(able=tiers):
            for tier in tiers[:TIERS_OFFERED]:
                yield Button(
                    Action.ANSWER, say("Make it with {tier}", tier=named(tier)), f"{draft_id.hex}-{with_tier(tier)}"
                )
        case TooManyTakes(takes_max=most, may_have_most=True):
            yield Button(Action.ANSWER, say("Make {most}", most=most), f"{draft_id.hex}-{MOST_TAKES}")
        case _:
            return


def _words(question: Question) -> tuple[str, str]:
    name = _name(question.option)
    words = f"“{cut(question.words, WORDS_MAX)}”"
    match question.why:
        case WhyAsked.TWICE:
            return say("Which {name}: {words}?", name=name, words=either(question.choices)), say(
                "You gave it more than once."
            )
        case WhyAsked.UNKNOWN if question.words.rstrip()[-1:] in {":", "="}:
            return say("There is nothing behind {words}", words=words), say(
                "Is it a part of the description, or shall I leave it out?"
            )
        case WhyAsked.UNKNOWN:
            return say("I don't know the option {words}", words=words), say(
                "Is it a part of the description, or shall I leave it out?"
            )
        case WhyAsked.NO_SUCH_VALUE:
            heading = say("I don't know the {name} “{value}”", name=name, value=cut(question.value, WORDS_MAX))
            if question.choices:
                return heading, say("Did you mean {words}?", words=either(question.choices))
            if question.known:
                return heading, say("It can be {words}.", words=either(question.known))
            if question.option is Option.AT:
                return heading, 'at:"tomorrow 9:00", at:"in 2 hours", at:"when cheap"'
            return heading, say("It is a number, like this: {example}.", example=_example(question.option))
        case _:
            return say("How is {words} meant?", words=words), _either(question.option, name)


def _either(option: Option | None, name: str) -> str:
    """That words may be an option or description."""
    if option is not None and is_words(option):
        return say("It may say {what}, or be a part of the description.", what=say(WORDS[option].help))
    return say("It may be the {name} or a part of the description.", name=name)


def _label(question: Question, answer: DraftAnswer, prices: Mapping[TierName, int]) -> str:
    match answer.means:
        case Means.DESCRIPTION:
            return say("It is part of the description")
        case Means.NOTHING:
            return say("Leave it out")
        case _:
            value = cut(answer.value, WORDS_MAX // 2)
            label = (
                say("Use as {option} {value}", option=_short(question.option), value=value)
                if question.why is WhyAsked.UNSURE
                else say("Use {value}", value=value)
            )
            price = prices.get(TierName(answer.value)) if question.option is Option.TIER else None
            return (
                say("{label} (up to {credits})", label=label, credits=credit_count(price))
                if price is not None
                else label
            )


def _name(option: Option | None) -> str:
    if option is None:
        return say("option")
    return say(_NAMES[option]) if option in _NAMES else option.value.replace("_", " ")


def _example(option: Option | None) -> str:
    return "" if option is None else written(option, OPTIONS[option].example)


def _short(option: Option | None) -> str:
    return say("option") if option is None else option.value.replace("_", " ")
