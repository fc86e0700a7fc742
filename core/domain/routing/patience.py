"""Whether a generation waits for a better provider's turn or goes on along its chain; how queues are told of."""

from datetime import datetime

from core.domain.health.config import RoutingConfig
from core.domain.health.route_health import later
from core.domain.ids import RouteKey
from core.domain.routing.decisions import (
    Candidate,
    CandidateOrder,
    Plan,
    QueuePosition,
    RoutedGeneration,
    RoutingContext,
    Skipped,
)
from core.domain.routing.queueing import rarer_s


def full(
    job: RoutedGeneration, around: RoutingContext, route: RouteKey, *, is_fresh: bool
) -> tuple[str, QueuePosition] | None:
    """Why there is no room for this generation at a route, and the queue to stand in; None where there is room.

    Those who stand before it come first, so that room for two is none for the third.
    """
    position = around.queues.get(route, QueuePosition())
    slots, tokens = around.free_slots.get(route), around.tokens.get(route)
    if slots is not None and slots <= position.ahead:
        why = "all its slots are taken" if slots <= 0 else "its free slots are others' turn"
    elif tokens is not None and tokens < position.ahead + 1:
        why = "it takes no more submits for the moment"
    else:
        return None
    if position.ahead:
        why = f"{why}, {position.ahead} before this one"
    if position.wait_s is not None and is_fresh and job.patience_s:
        queue = f"its queue is about {_span(position.waited_s + position.wait_s)}"
        limit = "" if _within_patience(job, position) else f", longer than {_span(job.patience_s)} of patience"
        why = f"{why}: {queue}{limit}"
    return why, position


def worth_waiting(job: RoutedGeneration, planned: Plan, around: RoutingContext, *, now: datetime) -> Skipped | None:
    """The full route that this generation rather waits for than takes the first candidate of its plan.

    It must stand before that candidate in the chain, or the candidate be a try for want of a better one; its turn must
    come within the generation's patience, counted from when it joined that queue, and leave the time to make the video.
    """
    if not planned.candidates:
        return None
    for skipped in planned.skipped:
        position = skipped.position
        if position is None or position.wait_s is None or not skipped.is_fresh or not _within_patience(job, position):
            continue
        makes_s = around.p95_s[skipped.route] if job.tried else 0.0
        in_time = later(now, position.wait_s + makes_s) <= job.deadline
        if in_time and _is_better(job, skipped, planned.candidates[0]):
            return skipped
    return None


def look_at(job: RoutedGeneration, position: QueuePosition, *, now: datetime, routing: RoutingConfig) -> datetime:
    """When a generation in a queue looks by itself: near its turn, rarer far from it, before its patience ends."""
    wait_s = rarer_s(routing.slot_wait_s, ahead=position.ahead) if position.wait_s is None else position.wait_s
    wait_s = min(rarer_s(routing.queue_look_s, ahead=position.ahead), max(routing.shortest_wait_s, wait_s))
    if (left_s := job.patience_s - position.waited_s) > 0:
        wait_s = min(wait_s, max(routing.shortest_wait_s, left_s))
    return later(now, wait_s)


def _within_patience(job: RoutedGeneration, position: QueuePosition) -> bool:
    return position.wait_s is not None and position.waited_s + position.wait_s <= job.patience_s


def _is_better(job: RoutedGeneration, full_one: Skipped, candidate: Candidate) -> bool:
    match candidate.turn:
        case CandidateOrder.UNTRIED:
            return job.providers.index(full_one.provider) < job.providers.index(candidate.provider)
        case CandidateOrder.PANIC:
            return True
        case CandidateOrder.AGAIN | CandidateOrder.RETRY:
            return False


def _span(duration_s: float) -> str:
    return f"{max(1, round(duration_s))} s" if duration_s < 90 else f"{round(duration_s / 60)} min"
