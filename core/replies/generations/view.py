"""The facts that cards about one generation may tell, and the sentences that several cards share."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.domain.errors import ErrorClass, Subject
from core.domain.generations.generation import Attempt, AttemptState, Generation
from core.domain.generations.passed_over import WhyPassed
from core.domain.ids import ProviderName, UserId
from core.domain.requests.pricing import Rounded, Rounding
from core.domain.requests.request import VideoRequest
from core.domain.requests.terms import OtherProvider
from core.domain.requests.variations import Variations
from core.domain.routing.queueing import ExpectedTurn
from core.replies.chat.words import listed
from core.replies.languages.say import amount, later, say
from core.replies.languages.vocabulary import place

_RUNNING = frozenset({AttemptState.INTENDED, AttemptState.ACCEPTED, AttemptState.AMBIGUOUS})
_OVER = frozenset({AttemptState.REJECTED, AttemptState.FAILED, AttemptState.LATE, AttemptState.ABANDONED})


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The facts that a card about a generation may tell.

    Args:
        labels: the providers' names for people: "Veo 3.1".
        expected_s: the usual duration of the attempt under way, in seconds.
        link: the address at which the clip can be watched; None where links are off, or this one was revoked.
        poster: the address of a still of the clip; None where nobody could see it.
        turn: its place in the queue; None where it is in no queue.
        other: the provider that may make a refused request; None where none is left, or nothing was refused.
        decided_by: the admin who approved it; None where it needed no approval, or the admin was forgotten.
        variations: the requests that can be made from it after its end, each with its price in credits.
    """

    generation: Generation
    attempts: Sequence[Attempt]
    labels: Mapping[ProviderName, str]
    now: datetime
    expected_s: float | None = None
    link: str | None = None
    poster: str | None = None
    turn: ExpectedTurn | None = None
    other: OtherProvider | None = None
    decided_by: UserId | None = None
    variations: Variations = field(default_factory=Variations)

    @property
    def current(self) -> Attempt | None:
        """The attempt under way; with a hedged request, the first of the two."""
        running = [attempt for attempt in self.attempts if attempt.state in _RUNNING]
        return min(running, key=lambda attempt: attempt.is_hedge) if running else None

    @property
    def winner(self) -> Attempt | None:
        return next((a for a in self.attempts if a.n == self.generation.winner_attempt), None)

    @property
    def made(self) -> Attempt | None:
        """The attempt whose video is ready, chosen as the winner or about to be."""
        done = (a for a in self.attempts if a.state is AttemptState.SUCCEEDED)
        return self.winner or next(done, None)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the request; after the end, the seconds that it took."""
        end = self.generation.done_at or self.now
        return max(0.0, (end - self.generation.created_at).total_seconds())

    def label(self, provider: ProviderName) -> str:
        return self.labels.get(provider, str(provider).capitalize())


_REASONS: dict[ErrorClass, str] = {
    ErrorClass.AUTH: later("could not be used"),
    ErrorClass.RATE_LIMITED: later("was too busy"),
    ErrorClass.CAPACITY: later("was unavailable"),
    ErrorClass.QUOTA_EXHAUSTED: later("could not be used"),
    ErrorClass.TRANSIENT_SERVER: later("had an error"),
    ErrorClass.TIMEOUT: later("took too long"),
    ErrorClass.MODEL_GONE: later("has retired this model"),
    ErrorClass.TASK_GONE: later("lost the job"),
    ErrorClass.OUTCOME_UNKNOWN: later("did not answer"),
    ErrorClass.CONTENT_POLICY: later("refused the description"),
    ErrorClass.INVALID_REQUEST: later("did not accept the request"),
    ErrorClass.CANCELLED: later("was cancelled"),
}


_REFUSED: dict[Subject, str] = {
    Subject.WORDS: later("refused the description"),
    Subject.PICTURE: later("refused the picture"),
    Subject.OUTPUT: later("blocked its own video"),
    Subject.UNKNOWN: later("refused this"),
}


_PASSED: dict[WhyPassed, str] = {
    WhyPassed.TROUBLE: later("was having trouble"),
    WhyPassed.FULL: later("was too busy"),
    WhyPassed.HELD: later("could not be used"),
    WhyPassed.UNABLE: later("cannot make this one"),
}


def so_far(view: View, *, maker: str | None = None) -> Iterator[str]:
    """Why the first of the chain is not at it, once for each provider before the one that is, and who that is.

    A provider that was passed over without an attempt is told of like one whose attempt failed.
    """
    lost: dict[ProviderName, str] = {}
    winner_n = view.generation.winner_attempt or len(view.attempts) + 1
    chosen = view.made or view.current
    lost.update({passed.provider: _PASSED[passed.why] for passed in (chosen.passed if chosen else ())})
    is_first = not any(attempt.state in _OVER and attempt.n < winner_n for attempt in view.attempts)
    for attempt in view.attempts:
        # What was begun after the winner does not tell why that one made it.
        if attempt.state in _OVER and attempt.n < winner_n:
            lost[attempt.provider] = why_over(attempt)
    successor = maker or (view.label(view.current.provider) if view.current else None)
    if successor is not None:
        lost = {provider: why for provider, why in lost.items() if view.label(provider) != successor}
    if not lost:
        return
    told = listed([say("{maker} {happened}", maker=view.label(name), happened=say(why)) for name, why in lost.items()])
    if successor is None:
        yield say("{told}.", told=told)
    elif maker:
        yield say("{told}, so {maker} made it.", told=told, maker=maker)
    elif is_first:
        yield say("{told}, so {maker} is making it.", told=told, maker=successor)
    else:
        yield say("{told}, so {maker} took over.", told=told, maker=successor)


def passed_by(attempt: Attempt, labels: Mapping[ProviderName, str], *, maker: str) -> Iterator[str]:
    """The providers that were passed over without an attempt, each with the reason."""
    told = [
        say(
            "{maker} {happened}",
            maker=labels.get(each.provider, str(each.provider).capitalize()),
            happened=say(_PASSED[each.why]),
        )
        for each in attempt.passed
    ]
    if told:
        yield say("{told}, so {maker} made it.", told=listed(told), maker=maker)


def left_out(request: VideoRequest, labels: Mapping[ProviderName, str]) -> Iterator[str]:
    """The providers of its tier that rules of the workspace exclude, each with the reason."""

    def named(names: Sequence[ProviderName]) -> str:
        return listed([labels.get(name, str(name).capitalize()) for name in names])

    if request.excluded:
        yield say("This {place} does not use {makers}.", place=place(), makers=named(request.excluded))
    if request.too_dear:
        yield say(
            "Too expensive for one video in this {place}: {makers}.", place=place(), makers=named(request.too_dear)
        )


def why_over(attempt: Attempt) -> str:
    """The end of an attempt without a video, as words behind the provider's name."""
    why = _why(attempt)
    if why is ErrorClass.CONTENT_POLICY and attempt.refusal is not None:
        return _REFUSED[attempt.refusal.subject]
    return _REASONS[why]


def _why(attempt: Attempt) -> ErrorClass:
    """The reason for the end. An attempt that was overtaken and then stopped counts as too slow."""
    overtaken = attempt.state is AttemptState.LATE or attempt.error_class in {None, ErrorClass.CANCELLED}
    return attempt.error_class if attempt.error_class is not None and not overtaken else ErrorClass.TIMEOUT


def rounded(roundings: Sequence[Rounding], label: str) -> Iterator[str]:
    for rounding in roundings:
        match rounding.what:
            case Rounded.PROMPT:
                yield say(
                    "{maker} reads {most} characters of a description; yours has {asked}, so its end was cut off.",
                    maker=label,
                    most=_number(rounding.got),
                    asked=_number(rounding.asked),
                )
            case Rounded.SOUND if rounding.got == "on":
                yield say("{maker} always adds sound.", maker=label)
            case Rounded.SOUND:
                yield say("{maker} makes no sound.", maker=label)
            case _:
                yield say(
                    "{maker} does not make {asked}, so it is {got}.",
                    maker=label,
                    asked=rounding.asked,
                    got=rounding.got,
                )


def _number(words: str) -> str:
    """The number of 900 characters."""
    return amount(int(words.split(maxsplit=1)[0]))
