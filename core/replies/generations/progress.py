"""The one message that is edited while a generation is under way: where it stands, how far, how long still."""

from collections.abc import Iterator

from core.domain.errors import ErrorClass
from core.domain.generations.generation import Attempt, Outcome, State
from core.domain.routing.queueing import ExpectedTurn
from core.replies.chat.card import Action, Button, Card, Part, Progress, SmallPrint, Text, Tone
from core.replies.chat.words import between, clock, listed, minutes, ordinal
from core.replies.generations.approval import asking, verdict
from core.replies.generations.extras import hedge_note
from core.replies.generations.view import View, rounded, so_far

ALMOST = 0.97
EXACT_MAX = 20


def progress(view: View) -> Card:
    """The one message that is edited while the generation is under way."""
    generation = view.generation
    if generation.state in {State.DELIVERING, State.DONE}:
        return _ended(view)
    if generation.state is State.ASKING and generation.cancel_requested_at is None:
        return asking(generation)
    parts: list[Part] = []
    current = view.current
    made = view.made
    if made is not None and (generation.state is State.STORING or current is None):
        heading = f"{view.label(made.provider)} is done, fetching the video"
        parts.append(Progress(ALMOST))
    elif current is not None:
        heading = f"Rendering with {view.label(current.provider)}"
        parts.append(_bar(current, view))
    elif view.turn is not None and generation.reason.waiting:
        heading = in_line(view.turn.place)
        parts.extend(_eta(view.turn))
        parts.append(Text(_until_turn(view, view.turn)))
    elif generation.reason.waiting:
        heading = "Waiting for a provider"
        parts.append(Progress(None, clock(view.elapsed_s)))
        parts.append(Text(_waiting(view)))
    else:
        heading = "Starting"
        parts.append(Progress(0.0, clock(view.elapsed_s)))
    parts.extend(Text(line) for line in so_far(view))
    if (beside := hedge_note(view)) is not None:
        parts.append(Text(beside))
    if current is not None:
        parts.extend(SmallPrint(line) for line in rounded(current.fitted.roundings, view.label(current.provider)))
    parts.extend(_way_out(view))
    return Card(title=heading, tone=Tone.WORKING, parts=tuple(parts))


def _way_out(view: View) -> Iterator[Part]:
    """The cancel button, or why there is none."""
    generation, current = view.generation, view.current
    if generation.state is State.STORING or (current is None and view.made is not None):
        return
    if generation.cancel_requested_at is not None:
        yield SmallPrint("Cancelling…")
    elif current is not None and generation.reason.cannot_stop == current.provider:
        yield SmallPrint(
            f"{view.label(current.provider)} cannot stop what it has begun: "
            "the video comes when it is done, at its price."
        )
    else:
        yield Button(Action.CANCEL, "Cancel", str(generation.id))


def _ended(view: View) -> Card:
    if (decided := verdict(view.generation)) is not None:
        return Card(title=decided, tone=Tone.QUIET)
    took = clock(view.elapsed_s)
    match view.generation.outcome:
        case Outcome.SUCCEEDED:
            winner = view.winner
            by = f" by {view.label(winner.provider)}" if winner else ""
            return Card(title=f"Made{by} in {took}", tone=Tone.GOOD, parts=(Progress(1.0, "done"),))
        case Outcome.CANCELLED:
            return Card(title=f"Cancelled after {took}", tone=Tone.QUIET)
        case _:
            refused = view.generation.error_class is ErrorClass.CONTENT_POLICY
            return Card(title=f"{'Refused' if refused else 'Gave up'} after {took}", tone=Tone.BAD)


def _waiting(view: View) -> str:
    down = listed([view.label(name) for name in view.generation.reason.unavailable])
    until = view.generation.window_ends or view.generation.start_by
    left = clock(max(0.0, (until - view.now).total_seconds()))
    why = f"{down} cannot take it right now." if down else "Every provider is busy right now."
    return f"{why} It starts as soon as one can; if none can within {left}, all credits come back."


def in_line(place: int) -> str:
    """A place in the queue as people say it. Far back the exact number means little, and would change all the time."""
    if place == 1:
        return "Next in line"
    if place > EXACT_MAX:
        return f"About {round(place, -1)}th in line"
    return f"{ordinal(place)} in line"


def _eta(turn: ExpectedTurn) -> Iterator[Part]:
    """When the video may be there; nothing where our history is too thin to say."""
    if turn.soonest_s is not None and turn.latest_s is not None:
        yield Progress(None, f"your video in about {between(turn.soonest_s, turn.latest_s)}")


def _until_turn(view: View, turn: ExpectedTurn) -> str:
    """Whole minutes: a message that changes every few seconds is edited every few seconds."""
    until = view.generation.window_ends or view.generation.start_by
    left = minutes(max(0.0, (until - view.now).total_seconds()))
    return (
        f"{view.label(turn.provider)} is busy right now. Teams take turns there, and yours starts by itself. "
        f"If it cannot within {left}, all credits come back."
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
    about = f" of about {clock(view.expected_s)}" if view.expected_s and elapsed < view.expected_s else ""
    return Progress(min(share, 0.99), f"{clock(elapsed)}{about}")
