"""What a person reads about one generation: the root message, the progress, the result."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.domain.errors import ErrorClass
from core.domain.generation import Attempt, AttemptState, Generation, Outcome, State
from core.domain.ids import ProviderName
from core.domain.pricing import Rounded, Rounding
from core.domain.request import VideoRequest
from core.replies.card import Action, Button, Card, Fact, Link, Note, Part, Progress, Quote, Text, Tone
from core.replies.words import clock, credit_count, cut, listed

_RUNNING = frozenset({AttemptState.INTENDED, AttemptState.ACCEPTED, AttemptState.AMBIGUOUS})
ALMOST = 0.97
_OVER = frozenset({AttemptState.REJECTED, AttemptState.FAILED, AttemptState.LATE, AttemptState.ABANDONED})


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Everything that a card about a generation may tell.

    Args:
        labels: what people call the providers: "Veo 3.1".
        expected_s: how long the attempt under way usually takes, in seconds.
        balance: the team's credits now; None when it was not asked for.
        link: an address of the clip; None when it is uploaded instead.
    """

    generation: Generation
    attempts: Sequence[Attempt]
    labels: Mapping[ProviderName, str]
    now: datetime
    expected_s: float | None = None
    balance: int | None = None
    link: str | None = None

    @property
    def current(self) -> Attempt | None:
        running = [attempt for attempt in self.attempts if attempt.state in _RUNNING]
        return running[-1] if running else None

    @property
    def winner(self) -> Attempt | None:
        return next((a for a in self.attempts if a.n == self.generation.winner_attempt), None)

    def label(self, provider: ProviderName) -> str:
        return self.labels.get(provider, str(provider).capitalize())


def title(request: VideoRequest, *, length: int = 80) -> str:
    """The prompt's beginning, for a thread's name or a file's."""
    return cut(request.prompt, length)


def root(request: VideoRequest, *, credits_held: int, asked_by: str | None = None) -> Card:
    """The message in the channel, which is never edited; the thread opens under it."""
    facts = (
        f"{request.tier.value} tier",
        f"{request.seconds} s",
        request.aspect.value,
        f"up to {credit_count(credits_held)}",
    )
    return Card(
        title=f"{asked_by} asks for a video" if asked_by else "A new video",
        tone=Tone.QUIET,
        parts=(Quote(request.prompt), Note(" · ".join(facts))),
    )


def progress(view: View) -> Card:
    """The one message that is edited while the generation is under way."""
    generation = view.generation
    if generation.state in {State.DELIVERING, State.DONE}:
        return _ended(view)
    parts: list[Part] = []
    current = view.current
    if generation.state is State.STORING and view.winner is not None:
        heading = f"{view.label(view.winner.provider)} is done, fetching the video"
        parts.append(Progress(ALMOST))
    elif current is not None:
        heading = f"Rendering with {view.label(current.provider)}"
        parts.append(_bar(current, view))
    elif generation.reason.get("waiting"):
        heading = "Waiting for a provider"
        parts.append(Progress(None, clock(_elapsed_s(view))))
        parts.append(Text(_waiting(view)))
    else:
        heading = "Starting"
        parts.append(Progress(0.0, clock(_elapsed_s(view))))
    parts.extend(Text(line) for line in _so_far(view))
    if current is not None:
        parts.extend(Note(line) for line in _rounded(current.fitted.roundings, view.label(current.provider)))
    parts.extend(_way_out(view))
    return Card(title=heading, tone=Tone.WORKING, parts=tuple(parts))


def _way_out(view: View) -> Iterator[Part]:
    """The cancel button, or why there is none."""
    generation, current = view.generation, view.current
    if generation.state is State.STORING:
        return
    if generation.cancel_requested_at is not None:
        yield Note("Cancelling…")
    elif current is not None and generation.reason.get("cannot_stop") == current.provider:
        yield Note(
            f"{view.label(current.provider)} cannot stop what it has begun: "
            "the video comes when it is done, at its price."
        )
    else:
        yield Button(Action.CANCEL, "Cancel", str(generation.id))


def result(view: View) -> Card:
    """The last word: comes with the video, or says why there is none."""
    match view.generation.outcome:
        case Outcome.SUCCEEDED:
            return _success(view)
        case Outcome.CANCELLED:
            return _cancelled(view)
        case _:
            return _failure(view)


def too_large(view: View) -> Card:
    """The last word about a video that this platform does not take as a file."""
    card = _success(view)
    where = "Watch it with the button below." if view.link else "Ask whoever runs Neverdark for the file."
    note = Text(f"It cannot be posted here as a file. {where}")
    return Card(title=card.title, tone=card.tone, parts=(note, *card.parts), ping=card.ping)


def _ended(view: View) -> Card:
    took = clock(_elapsed_s(view))
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


def _success(view: View) -> Card:
    generation, winner = view.generation, view.winner
    maker = view.label(winner.provider) if winner else "a provider"
    parts: list[Part] = [Quote(title(generation.request, length=300))]
    parts.extend(Text(line) for line in _so_far(view, maker=maker))
    parts.extend(_money(view))
    if winner is not None:
        parts.extend(Note(line) for line in _rounded(winner.fitted.roundings, maker))
        sound = "with sound" if winner.fitted.audio else "silent"
        parts.append(Note(f"{winner.fitted.duration_s} s · {_lines(view)} · {winner.fitted.aspect.value} · {sound}"))
    if view.link:
        parts.append(Link("Watch", view.link))
    parts.append(Button(Action.AGAIN, "Make another", str(generation.id)))
    return Card(
        title=f"Your video is ready, made by {maker}", tone=Tone.GOOD, parts=tuple(parts), ping=generation.user_id
    )


def _cancelled(view: View) -> Card:
    again = Button(Action.AGAIN, "Make it after all", str(view.generation.id))
    return Card(title="Cancelled", tone=Tone.QUIET, parts=(*_money(view), again))


def _failure(view: View) -> Card:
    generation = view.generation
    heading, advice = _why_failed(view)
    parts: list[Part] = [Text(advice)]
    parts.extend(_money(view))
    if generation.error_class is not ErrorClass.CONTENT_POLICY:
        parts.append(Button(Action.AGAIN, "Try again", str(generation.id)))
    return Card(title=heading, tone=Tone.BAD, parts=tuple(parts), ping=generation.user_id)


def _why_failed(view: View) -> tuple[str, str]:
    tried = listed([view.label(provider) for provider in _tried(view)])
    refuser = next(
        (view.label(a.provider) for a in reversed(view.attempts) if a.error_class is not None), "The provider"
    )
    match view.generation.error_class:
        case ErrorClass.CONTENT_POLICY:
            return (
                "This description was refused",
                f"{refuser} does not make this: its content rules forbid it. Describe it differently and ask again.",
            )
        case ErrorClass.INVALID_REQUEST:
            return (
                "This could not be made",
                f"{refuser} does not accept this request. Change the description or the options and ask again.",
            )
        case _ if tried:
            return ("No video this time", f"Tried {tried}, and none could finish in time. Try again in a few minutes.")
        case _:
            return ("No video this time", "No provider was free in time. Try again in a few minutes.")


def _tried(view: View) -> list[ProviderName]:
    return list(dict.fromkeys(attempt.provider for attempt in view.attempts))


def _money(view: View) -> Iterator[Fact]:
    generation = view.generation
    paid = generation.settled if generation.settled is not None else generation.consumed
    yield Fact("Paid", credit_count(paid))
    yield Fact("Refunded", credit_count(generation.consumed - paid))
    if view.balance is not None:
        yield Fact("Balance", credit_count(view.balance))


_REASONS: dict[ErrorClass, str] = {
    ErrorClass.AUTH: "could not be used",
    ErrorClass.RATE_LIMITED: "was too busy",
    ErrorClass.CAPACITY: "was not available",
    ErrorClass.QUOTA_EXHAUSTED: "could not be used",
    ErrorClass.TRANSIENT_SERVER: "had an error",
    ErrorClass.TIMEOUT: "took too long",
    ErrorClass.MODEL_GONE: "has retired this model",
    ErrorClass.TASK_GONE: "lost the job",
    ErrorClass.OUTCOME_UNKNOWN: "did not answer",
    ErrorClass.CONTENT_POLICY: "refused the description",
    ErrorClass.INVALID_REQUEST: "did not accept the request",
    ErrorClass.CANCELLED: "was cancelled",
}


def _so_far(view: View, *, maker: str | None = None) -> Iterator[str]:
    """What went wrong so far, once for each provider, and who took over."""
    lost: dict[ProviderName, str] = {}
    for attempt in view.attempts:
        if attempt.state in _OVER and attempt.n != view.generation.winner_attempt:
            timed_out = attempt.state is AttemptState.LATE or attempt.error_class is None
            lost[attempt.provider] = _REASONS[ErrorClass.TIMEOUT if timed_out else _class(attempt)]
    successor = maker or (view.label(view.current.provider) if view.current else None)
    if successor is not None:
        lost = {provider: why for provider, why in lost.items() if view.label(provider) != successor}
    if not lost:
        return
    told = listed([f"{view.label(provider)} {why}" for provider, why in lost.items()])
    yield f"{told}, so {successor} {'made it' if maker else 'took over'}." if successor else f"{told}."


def _class(attempt: Attempt) -> ErrorClass:
    return attempt.error_class or ErrorClass.TRANSIENT_SERVER


def _waiting(view: View) -> str:
    down = listed([view.label(ProviderName(name)) for name in view.generation.reason.get("unavailable", ())])
    until = view.generation.window_ends or view.generation.start_by
    left = clock(max(0.0, (until - view.now).total_seconds()))
    why = f"{down} cannot take it right now." if down else "Every provider is busy right now."
    return f"{why} It starts as soon as one can; if none can within {left}, all credits come back."


def _rounded(roundings: Sequence[Rounding], label: str) -> Iterator[str]:
    for rounding in roundings:
        match rounding.what:
            case Rounded.PROMPT:
                yield f"{label} reads {rounding.got} of a description; yours has {rounding.asked}, so its end was cut."
            case Rounded.SOUND:
                yield f"{label}: asked for sound {rounding.asked}, you get it {rounding.got}."
            case _:
                yield f"{label} does not make {rounding.asked}: you get {rounding.got}."


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
        return Progress(None, clock(_elapsed_s(view)))
    about = f" of about {clock(view.expected_s)}" if view.expected_s and elapsed < view.expected_s else ""
    return Progress(min(share, 0.99), f"{clock(elapsed)}{about}")


def _elapsed_s(view: View) -> float:
    end = view.generation.done_at or view.now
    return max(0.0, (end - view.generation.created_at).total_seconds())


def _lines(view: View) -> str:
    winner = view.winner
    if winner is None:
        return ""
    return "4K" if winner.fitted.lines >= 2160 else f"{winner.fitted.lines}p"
