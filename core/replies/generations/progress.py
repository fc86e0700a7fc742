"""The message that is edited while a generation is under way: its state, its progress and the time left."""

from collections.abc import Iterator

from core.domain.generations.generation import Attempt, Outcome, State
from core.domain.routing.queueing import ExpectedTurn
from core.replies.chat.card import Action, Button, Card, ListLine, Part, Person, Progress, SmallPrint, Text, Tone
from core.replies.chat.words import between, clock, listed, minutes, ordinal
from core.replies.generations.approval import asking, verdict
from core.replies.generations.extras import hedge_note
from core.replies.generations.view import View, left_out, rounded, so_far
from core.replies.languages.say import say

ALMOST = 0.97
EXACT_MAX = 20


def progress(view: View) -> Card:
    """The message while the generation is under way. Only the result announces the video."""
    generation = view.generation
    if generation.state is State.ASKING and generation.cancel_requested_at is None:
        return asking(generation)
    if generation.outcome is not None and generation.outcome is not Outcome.SUCCEEDED:
        return Card(title=say("Wrapping up"))
    parts: list[Part] = []
    current = view.current
    made = view.made
    if made is not None and (generation.state in {State.STORING, State.DELIVERING} or current is None):
        heading = say("Almost there: fetching your video from {maker}", maker=view.label(made.provider))
        parts.append(Progress(ALMOST))
    elif current is not None:
        heading = say("{maker} is making your video", maker=view.label(current.provider))
        parts.append(_bar(current, view))
    elif view.turn is not None and generation.reason.waiting:
        heading = in_line(view.turn.place)
        parts.extend(_eta(view.turn))
        parts.append(Text(_until_turn(view, view.turn)))
    elif generation.reason.waiting:
        heading = say("Waiting for a provider")
        parts.append(Progress(None, clock(view.elapsed_s)))
        parts.append(Text(_waiting(view)))
    else:
        heading = say("Getting started")
        parts.append(Progress(0.0, clock(view.elapsed_s)))
    parts.extend(Text(line) for line in so_far(view))
    if (beside := hedge_note(view)) is not None:
        parts.append(Text(beside))
    if current is not None:
        parts.extend(SmallPrint(line) for line in rounded(current.fitted.roundings, view.label(current.provider)))
    parts.extend(SmallPrint(line) for line in left_out(generation.request, view.labels))
    if view.decided_by is not None:
        parts.append(ListLine(say("Approved by"), (Person(view.decided_by),)))
    parts.extend(_way_out(view))
    return Card(title=heading, tone=Tone.WORKING, parts=tuple(parts))


def last_word(view: View, *, is_said: bool) -> Card:
    """The message after the end, where it cannot be deleted: without a bar and without a Cancel button.

    Args:
        is_said: whether the result was posted; otherwise this message is the only one that can tell the outcome.
    """
    if not is_said:
        return Card(
            title=say("Your video could not be posted anywhere"),
            tone=Tone.BAD,
            parts=(Text(say("Its credits are back. An admin here can let me post, or invite me.")),),
        )
    if (decided := verdict(view.generation)) is not None:
        return Card(title=decided)
    match view.generation.outcome:
        case Outcome.SUCCEEDED:
            return Card(title=say("Made in {time}", time=clock(view.elapsed_s)), tone=Tone.GOOD)
        case Outcome.CANCELLED:
            return Card(title=say("Cancelled"))
        case _:
            return Card(title=say("No video this time"), tone=Tone.BAD)


def _way_out(view: View) -> Iterator[Part]:
    """The cancel button, or why there is none."""
    generation, current = view.generation, view.current
    if generation.state in {State.STORING, State.DELIVERING} or (current is None and view.made is not None):
        return
    if generation.cancel_requested_at is not None:
        yield SmallPrint(say("Cancelling…"))
    elif current is not None and generation.reason.cannot_stop == current.provider:
        yield SmallPrint(
            say(
                "{maker} cannot stop once it has begun: the video comes when it is done, at its price.",
                maker=view.label(current.provider),
            )
        )
    else:
        yield Button(Action.CANCEL, say("Cancel"), str(generation.id))


def _waiting(view: View) -> str:
    down = listed([view.label(name) for name in view.generation.reason.unavailable])
    until = view.generation.window_ends or view.generation.start_by
    left = clock(max(0.0, (until - view.now).total_seconds()))
    why = (
        say("I cannot get through to {makers} right now.", makers=down)
        if down
        else say("Every provider is busy right now.")
    )
    promise = say("It starts as soon as one is free; if none is within {left}, all credits come back.", left=left)
    return f"{why} {promise}"


def in_line(place: int) -> str:
    """A place in the queue in words. Far back, the exact number means little and would change all the time."""
    if place == 1:
        return say("Next in line")
    if place > EXACT_MAX:
        return say("About {place} in line", place=ordinal(round(place, -1)))
    return say("{place} in line", place=ordinal(place))


def _eta(turn: ExpectedTurn) -> Iterator[Part]:
    """The time at which the video may be ready; None where there is too little history."""
    if turn.soonest_s is not None and turn.latest_s is not None:
        yield Progress(None, say("your video in about {time}", time=between(turn.soonest_s, turn.latest_s)))


def _until_turn(view: View, turn: ExpectedTurn) -> str:
    """The time until its turn in whole minutes, so that the message is not edited every few seconds."""
    until = view.generation.window_ends or view.generation.start_by
    left = minutes(max(0.0, (until - view.now).total_seconds()))
    return say(
        "{maker} is busy right now. Teams take turns, and yours starts by itself. "
        "If it has not started within {left}, all credits come back.",
        maker=view.label(turn.provider),
        left=left,
    )


def _bar(attempt: Attempt, view: View) -> Progress:
    since = attempt.accepted_at or attempt.intended_at
    elapsed = max(0.0, (view.now - since).total_seconds())
    if attempt.progress is not None:
        share = attempt.progress
    elif view.expected_s:
        # Near the end the bar slows down instead of standing still: 90 % at the expected end, never full.
        share = (
            elapsed / (elapsed + view.expected_s / 9) if elapsed >= view.expected_s else 0.9 * elapsed / view.expected_s
        )
    else:
        return Progress(None, clock(view.elapsed_s))
    if view.expected_s and elapsed < view.expected_s:
        about = say("{time} of about {whole}", time=clock(elapsed), whole=clock(view.expected_s))
        return Progress(min(share, 0.99), about)
    return Progress(min(share, 0.99), clock(elapsed))
