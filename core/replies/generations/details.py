"""The card that tells how a video was made: the provider, the options, the times, and the price."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from core.domain.generations.generation import Attempt, AttemptState, Generation, Outcome
from core.domain.ids import ProviderName
from core.replies.chat.card import Action, Button, Card, Fact, ListLine, Moment, Part, QuotedText, SmallPrint, Text
from core.replies.chat.option_words import chosen_facts
from core.replies.chat.tier_names import label as tier_label
from core.replies.chat.words import clock, credit_count
from core.replies.generations.made import shortfall, what_came
from core.replies.generations.view import left_out, passed_by, rounded, why_over
from core.replies.languages.say import amount, later, say

PROMPT_MAX = 1500
_OUTCOMES = {
    Outcome.SUCCEEDED: later("ready"),
    Outcome.FAILED: later("could not be made"),
    Outcome.CANCELLED: later("cancelled"),
}


def details(
    generation: Generation,
    attempts: Sequence[Attempt],
    *,
    labels: Mapping[ProviderName, str],
    seed: int | None,
    prompt_max: int | None,
) -> Card:
    """The card with all details.

    Args:
        labels: the providers' names for people.
        seed: the seed that the video was made with, where it is known.
        prompt_max: the characters of a prompt that its model reads; None where it is not known.
    """
    winner = next((each for each in attempts if each.n == generation.winner_attempt), None)
    maker = labels.get(winner.provider, str(winner.provider).capitalize()) if winner else None
    parts: list[Part] = []
    if generation.request.prompt:
        sent = generation.request.prompt if prompt_max is None else generation.request.prompt[:prompt_max]
        parts.append(QuotedText(sent if len(sent) <= PROMPT_MAX else f"{sent[:PROMPT_MAX]}…"))
    else:
        parts.append(Text(say("Its description and its video are not kept any more. The figures are.")))
    parts.extend(_facts(generation, winner, maker=maker, seed=seed))
    parts.extend(ListLine(*_attempt(each, labels)) for each in attempts)
    if winner is not None and maker is not None:
        parts.extend(SmallPrint(line) for line in passed_by(winner, labels, maker=maker))
        parts.extend(SmallPrint(line) for line in rounded(winner.fitted.roundings, maker))
        if (short := shortfall(generation, maker)) is not None:
            parts.append(SmallPrint(short))
    parts.extend(SmallPrint(line) for line in left_out(generation.request, labels))
    if generation.request.prompt:
        parts.append(Button(Action.EDIT, say("Edit and run"), str(generation.id)))
    return Card(
        title=say("How this video was made") if winner else say("What became of this video"), parts=tuple(parts)
    )


def _facts(generation: Generation, winner: Attempt | None, *, maker: str | None, seed: int | None) -> Iterator[Part]:
    request = generation.request
    if maker is not None:
        yield Fact(say("Model:"), maker)
    yield Fact(say("Tier:"), tier_label(request.tier))
    if winner is not None:
        yield Fact(
            say("File:") if generation.clip else say("Ordered:"), " · ".join(what_came(generation.clip, winner.fitted))
        )
        yield Fact(say("Seed:"), str(seed) if seed is not None else say("the model's own"))
    yield from chosen_facts(replace(request, seed=None))
    if request.first_frame is not None:
        yield Fact(say("Pictures:"), say("first and last") if request.last_frame is not None else say("first"))
    if request.references:
        yield Fact(say("References:"), amount(len(request.references)))
    if generation.outcome is not None:
        yield Fact(say("Outcome:"), say(_OUTCOMES[generation.outcome]))
    paid = generation.settled if generation.settled is not None else generation.consumed
    back = generation.consumed - paid
    yield Fact(
        say("Price:"),
        say("{price}, {n} back", price=credit_count(paid), n=amount(back)) if back > 0 else credit_count(paid),
    )
    yield ListLine(say("Asked:"), (Moment(generation.created_at, with_day=True),))
    if generation.done_at is not None:
        took = clock((generation.done_at - generation.created_at).total_seconds())
        yield ListLine(say("Done:"), (Moment(generation.done_at, with_day=True), say(", after {took}", took=took)))


def _attempt(attempt: Attempt, labels: Mapping[ProviderName, str]) -> tuple[str, tuple[str | Moment, ...]]:
    name = labels.get(attempt.provider, str(attempt.provider).capitalize())
    ran = say(" in {time}", time=clock(attempt.ran_s)) if attempt.ran_s is not None else ""
    match attempt.state:
        case AttemptState.SUCCEEDED:
            words = say("made a video{ran}", ran=ran)
        case AttemptState.INTENDED | AttemptState.ACCEPTED | AttemptState.AMBIGUOUS:
            words = say("is working on it")
        case _:
            words = f"{say(why_over(attempt))}{ran}"
    return say("Try {n}:", n=attempt.n), (
        say("{name} {words}, begun ", name=name, words=words),
        Moment(attempt.intended_at),
    )
