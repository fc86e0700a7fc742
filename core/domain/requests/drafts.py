"""What a person has typed and not yet asked for: it is kept while they are asked about it, or told why not.

The answers to a question are drafts, too. So whatever is pressed, a draft is read anew, and nothing else is remembered.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from core.domain.ids import ProviderName
from core.domain.requests.options import Option, as_typed, from_typed, typed_value
from core.domain.requests.pictures import GivenPictures
from core.domain.requests.reading import Question, Reading, WhyAsked, read, written
from core.domain.requests.refusals import TooManyTakes
from core.domain.requests.request import TAKES_MAX, Aspect, VideoRequest
from core.domain.requests.tiers import TierName

ANSWERS_MAX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A request in words.

    Args:
        text: the description, with options in it.
        description: the description to the letter, beside a text of options alone.
        settled: words that the person has said are description.
        first, last: addresses of pictures that were given otherwise than in the text.
        references: addresses of pictures that show what the video is to look like.
        first_frame, last_frame, reference_keys: keys of pictures that are ours already.
        without: providers that are not to be asked.
        extends: the generation whose video is gone on with.
        is_veiled: its video is behind a veil, where the platform has one.
        is_shown: its video may come into a gallery.
    """

    text: str
    description: str | None = None
    settled: tuple[str, ...] = ()
    first: str | None = None
    last: str | None = None
    references: tuple[str, ...] = ()
    first_frame: str | None = None
    last_frame: str | None = None
    reference_keys: tuple[str, ...] = ()
    without: tuple[ProviderName, ...] = ()
    extends: str | None = None
    is_veiled: bool = False
    is_shown: bool = True

    @property
    def reading(self) -> Reading:
        found = read(self.text, settled=self.settled)
        return found if self.description is None else replace(found, prompt=self.description)


class Means(StrEnum):
    """What a person says with an answer."""

    VALUE = "value"
    """The words are this option with this value."""
    DESCRIPTION = "description"
    """The words are a part of the description."""
    NOTHING = "nothing"
    """The words are to be left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftAnswer:
    """One way to go on, and the draft that it makes."""

    means: Means
    draft: Draft
    value: str = ""


def answers(draft: Draft, reading: Reading) -> tuple[DraftAnswer, ...]:
    """The ways to go on with the first question of a draft; always the same ones for the same draft."""
    return tuple(_answers(draft, reading, reading.questions[0]))[:ANSWERS_MAX] if reading.questions else ()


def _answers(draft: Draft, reading: Reading, question: Question) -> Iterator[DraftAnswer]:
    for value in question.choices or question.known[: ANSWERS_MAX - 2]:
        yield DraftAnswer(means=Means.VALUE, value=value, draft=replace(draft, text=reading.using(question, value)))
    if question.why is WhyAsked.TWICE:
        return
    settled = reading.keeping(question)
    yield DraftAnswer(means=Means.DESCRIPTION, draft=replace(draft, text=reading.text, settled=settled))
    if question.why in {WhyAsked.UNKNOWN, WhyAsked.NO_SUCH_VALUE}:
        yield DraftAnswer(means=Means.NOTHING, draft=replace(draft, text=reading.without(question)))


MOST_TAKES, AS_IT_IS, GO, TIER_FROM = 90, 91, 92, 100
"""Ways to go on that are no answers to a question: with the most takes, all as description, as it is, with
the n-th tier."""


def go_on(draft: Draft, way: int) -> Draft | None:
    """The draft that a numbered way to go on makes; None where there is no such way."""
    if way == MOST_TAKES:
        return with_option(draft, Option.TAKES, str(TAKES_MAX))
    if way == GO:
        return draft
    if way == AS_IT_IS:
        return replace(draft, text="", description=draft.reading.text)
    if way >= TIER_FROM:
        tiers = list(TierName)[way - TIER_FROM :]
        return with_option(draft, Option.TIER, tiers[0].value) if tiers else None
    found = answers(draft, draft.reading)
    return found[way].draft if 0 <= way < len(found) else None


def with_tier(tier: str) -> int:
    """The way to go on with this tier."""
    return TIER_FROM + list(TierName).index(TierName(tier))


def draft_of(request: VideoRequest) -> Draft:
    """A request in words: read again, it is the same, and nothing is asked about its description."""
    return Draft(
        text=" ".join(written(option, value) for option, value in _given(request)),
        description=request.prompt,
        first_frame=request.first_frame,
        last_frame=request.last_frame,
        reference_keys=request.references,
        without=request.without,
        extends=request.extends,
        is_veiled=request.is_veiled,
        is_shown=request.is_shown,
    )


def typed(prompt: str, given: Mapping[Option, str]) -> Draft:
    """A description with options that were chosen beside it."""
    options = " ".join(written(option, value) for option, value in given.items() if value)
    return Draft(text=f"{options}, {prompt}" if options else prompt)


def retyped(draft: Draft) -> str:
    """The draft as the words of one command: sent again, they ask for the same, but for pictures that are ours."""
    given = (
        (Option.IMAGE, draft.first),
        (Option.LAST_IMAGE, draft.last),
        *((Option.REFERENCE, each) for each in draft.references),
    )
    addresses = " ".join(written(option, address) for option, address in given if address)
    words = (addresses, draft.text, draft.description or "")
    return ", ".join(part.strip() for part in words if part.strip())


def request_of(draft: Draft) -> VideoRequest:
    """What is asked for, as far as it was understood: what is still in question is description.

    Raises:
        TooManyTakes
    """
    reading = draft.reading
    chosen = reading.chosen
    if (takes := takes_of(draft)) > TAKES_MAX:
        raise TooManyTakes(takes=takes, takes_max=TAKES_MAX)
    return VideoRequest(
        prompt=reading.prompt,
        tier=TierName(chosen.get(Option.TIER, TierName.DEFAULT)),
        aspect=Aspect(chosen.get(Option.ASPECT, Aspect.WIDE)),
        duration_s=int(chosen[Option.SECONDS]) if Option.SECONDS in chosen else None,
        audio=chosen[Option.AUDIO] == "on" if Option.AUDIO in chosen else None,
        first_frame=draft.first_frame,
        last_frame=draft.last_frame,
        references=draft.reference_keys,
        without=draft.without,
        extends=draft.extends if draft.first_frame is not None else None,
        is_veiled=draft.is_veiled,
        is_shown=draft.is_shown,
        **from_typed(chosen),
    )


def takes_of(draft: Draft) -> int:
    """How many videos of it are wanted at once."""
    return int(draft.reading.chosen.get(Option.TAKES, "1"))


def pictures(draft: Draft) -> GivenPictures:
    """The addresses of the pictures that were given."""
    chosen = draft.reading.chosen
    typed = tuple(chosen.get(Option.REFERENCE, "").split())
    return GivenPictures(
        first=chosen.get(Option.IMAGE, draft.first),
        last=chosen.get(Option.LAST_IMAGE, draft.last),
        references=(*draft.references, *typed),
    )


def with_pictures(draft: Draft, given: GivenPictures) -> Draft:
    """The draft with these addresses in the place of all pictures from before."""
    return replace(
        draft,
        first=given.first,
        last=given.last,
        references=given.references,
        first_frame=None,
        last_frame=None,
        reference_keys=(),
    )


def with_option(draft: Draft, option: Option, value: str | None) -> Draft:
    """The same with another value of an option; None takes it out."""
    reading = draft.reading
    options = {name: known for name, known in reading.chosen.items() if name is not option}
    if value is not None:
        options[option] = value
    made = typed(reading.prompt if draft.description is None else "", options)
    return replace(draft, text=made.text)


def with_description(draft: Draft, description: str) -> Draft:
    """The same options with another description, to the letter: nothing in it is an option, or in question."""
    chosen = draft.reading.chosen
    return replace(draft, text=typed("", chosen).text, description=description, settled=())


def _given(request: VideoRequest) -> Iterator[tuple[Option, str]]:
    """The options of a request that differ from what holds without a word."""
    if request.tier is not TierName.DEFAULT:
        yield Option.TIER, request.tier.value
    if request.aspect is not Aspect.WIDE:
        yield Option.ASPECT, request.aspect.value
    if request.duration_s is not None:
        yield Option.SECONDS, str(request.duration_s)
    if request.audio is not None:
        yield Option.AUDIO, typed_value(request.audio)
    yield from as_typed(request)
