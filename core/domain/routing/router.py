"""Which route a generation tries next: an ordered plan with a reason for every entry, and the decision taken from it.

The heart of the product, and pure: chain, needs, health, capacity and what was already tried go in. Health only orders
the chain. What keeps a route out of a plan is that it cannot make the video, that it is held or cooling down, or that
it has no capacity left. Whether a running attempt is hedged is `hedging`'s decision.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.domain.errors import ErrorClass
from core.domain.generations.passed_over import WhyPassed
from core.domain.generations.retry import Stage, policy
from core.domain.health import health_score
from core.domain.health.config import HealthConfig, RoutingConfig
from core.domain.health.cooldown import panic_ready_at
from core.domain.health.events import AttemptKind
from core.domain.health.route_health import HealthState, RouteHealth, later
from core.domain.health.transitions import settle
from core.domain.ids import ProviderName, RouteKey
from core.domain.requests.fallback import Fallback
from core.domain.routing.decisions import (
    Candidate,
    CandidateOrder,
    Decision,
    GiveUp,
    Plan,
    RoutedGeneration,
    RoutingContext,
    Skipped,
    Tried,
    Try,
    WaitUntil,
)
from core.domain.routing.patience import full, look_at, worth_waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """The input of a plan."""

    job: RoutedGeneration
    around: RoutingContext
    now: datetime
    health: HealthConfig
    routing: RoutingConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class _Usable:
    """A route that may be tried, with the facts that its place in the plan depends on."""

    route: RouteKey
    provider: ProviderName
    row: RouteHealth
    tries: tuple[Tried, ...]

    @property
    def is_fresh(self) -> bool:
        """The route is healthy, and this generation has not tried it."""
        return not self.tries and self.row.state is HealthState.HEALTHY


def decide(
    job: RoutedGeneration, around: RoutingContext, *, now: datetime, health: HealthConfig, routing: RoutingConfig
) -> Decision:
    """The decision for a generation without an open attempt: try a route, wait, or give up."""
    planned = plan(job, around, now=now, health=health, routing=routing)
    if now >= job.deadline:
        return GiveUp(why="the delivery window is over", plan=planned)
    if (spent := _spent(job, routing)) is not None:
        if any(tried.is_late for tried in job.tried):
            return WaitUntil(at=job.deadline, why=f"{spent}, but a late video may still come", plan=planned)
        return GiveUp(why=spent, plan=planned)
    if not planned.candidates:
        if not any(skipped.may_change for skipped in planned.skipped):
            return GiveUp(why="nobody left who can make this", plan=planned)
        return _wait(job, planned, now=now, routing=routing)
    awaited = worth_waiting(job, planned, around, now=now)
    if awaited is not None and awaited.position is not None:
        at = min(look_at(job, awaited.position, now=now, routing=routing), job.deadline)
        return WaitUntil(at=at, why=f"{awaited.provider}: {awaited.reason}", plan=planned, queues=planned.queues)
    turn = planned.candidates[0].turn
    mates = [candidate for candidate in planned.candidates if candidate.turn is turn]
    for candidate in mates:
        if candidate.ready_at <= now:
            return Try(candidate=candidate, plan=planned)
    soonest = min(mates, key=lambda candidate: candidate.ready_at)
    why = f"{soonest.provider} next ({soonest.reason})"
    return WaitUntil(at=min(soonest.ready_at, job.deadline), why=why, plan=planned, queues=planned.queues)


def plan(
    job: RoutedGeneration, around: RoutingContext, *, now: datetime, health: HealthConfig, routing: RoutingConfig
) -> Plan:
    """Every route of the chain in the order in which it would be tried, and those that would not, with reasons."""
    view = _View(job=job, around=around, now=now, health=health, routing=routing)
    usable: list[_Usable] = []
    skipped = list(_out_of_bounds(view))
    for provider in job.providers:
        for route in around.routes.get(provider, ()):
            row = settle(around.health[route], now, health).row
            obstacle = _obstacle(view, provider, row)
            if obstacle is not None:
                skipped.append(obstacle)
                continue
            tries = tuple(tried for tried in job.tried if tried.route == route and tried.is_try)
            usable.append(_Usable(route=route, provider=provider, row=row, tries=tries))
    places = [_place(view, it, behind=usable[position + 1 :]) for position, it in enumerate(usable)]
    # Sorting keeps the chain's order among equals.
    ordered = sorted(zip(places, usable, strict=True), key=lambda pair: _rank(*pair, now=now))
    return Plan(candidates=tuple(candidate for candidate, _ in ordered), skipped=tuple(skipped))


def _out_of_bounds(view: _View) -> Iterator[Skipped]:
    """The providers that the workspace's fallback choice leaves out."""
    inside = view.job.providers
    why = "the workspace wants no fallback" if view.job.fallback is Fallback.NEVER else "not in this tier"
    for provider in view.job.chain_and_last_resort:
        if provider not in inside:
            for route in view.around.routes.get(provider, ()):
                yield Skipped(route=route, provider=provider, reason=why, may_change=False)


def _obstacle(view: _View, provider: ProviderName, row: RouteHealth) -> Skipped | None:
    """What keeps a route out of the plan, for good or for now. Being demoted does not."""
    route, around = row.route, view.around

    def never(reason: str, why: WhyPassed | None = None) -> Skipped:
        return Skipped(route=route, provider=provider, reason=reason, may_change=False, why=why)

    def not_now(reason: str, why: WhyPassed, until: datetime | None = None) -> Skipped:
        return Skipped(route=route, provider=provider, reason=reason, until=until, why=why)

    if (unfit := around.unfit(route)) is not None:
        return never(unfit, WhyPassed.UNABLE)
    if (no := _no(view.job, provider, route)) is not None:
        return never(no)
    if row.state is HealthState.HELD:
        return not_now(f"held: {row.note}", WhyPassed.HELD, row.until)
    if row.is_cooling(view.now):
        return not_now("rate limited", WhyPassed.FULL, row.cooldown_until)
    if (overspent := around.overspent.get(route)) is not None:
        return not_now(overspent, WhyPassed.HELD)
    is_extra = any(tried.is_try for tried in view.job.tried)
    allowed = view.routing.extra_share * around.jobs + view.routing.extra_plus
    if is_extra and around.extras.get(route, 0) >= allowed:
        return not_now("enough retries and fallbacks there for now", WhyPassed.FULL)
    is_fresh = row.state is HealthState.HEALTHY and all(tried.route != route for tried in view.job.tried)
    if (found := full(view.job, around, route, is_fresh=is_fresh)) is not None:
        why, position = found
        until = look_at(view.job, position, now=view.now, routing=view.routing)
        busy = WhyPassed.FULL
        return Skipped(
            route=route, provider=provider, reason=why, until=until, position=position, is_fresh=is_fresh, why=busy
        )
    return None


def _no(job: RoutedGeneration, provider: ProviderName, route: RouteKey) -> str | None:
    """A refusal by the vendor that a repeat would not change."""
    if _has_refused(job, provider):
        return "refused the content"
    if any(t.route == route and t.error_class is ErrorClass.INVALID_REQUEST for t in job.tried):
        return "did not accept the request"
    return None


def _refusals(job: RoutedGeneration, provider: ProviderName) -> list[Tried]:
    return [t for t in job.tried if t.provider == provider and t.error_class is ErrorClass.CONTENT_POLICY]


def _has_refused(job: RoutedGeneration, provider: ProviderName) -> bool:
    """Whether the provider will not make this: it has refused, and as often as it may have been chance."""
    refusals = _refusals(job, provider)
    return bool(refusals) and len(refusals) > _tries_again(refusals[-1])


def _tries_again(tried: Tried) -> int:
    return tried.refusal.tries_again if tried.refusal is not None else 0


def _place(view: _View, it: _Usable, *, behind: Sequence[_Usable]) -> Candidate:
    """The route's turn, what kind of attempt it would be, and from when."""

    def candidate(turn: CandidateOrder, kind: AttemptKind, reason: str, ready_at: datetime) -> Candidate:
        return Candidate(
            route=it.route,
            provider=it.provider,
            kind=kind,
            turn=turn,
            reason=reason,
            ready_at=ready_at,
            epoch=it.row.epoch,
        )

    if it.is_fresh:
        return candidate(CandidateOrder.UNTRIED, AttemptKind.NORMAL, "healthy", view.now)
    if not it.tries and _may_probe(view, it, behind):
        return candidate(CandidateOrder.UNTRIED, AttemptKind.PROBE, "a probe: it may be well again", view.now)
    if it.tries and it.row.state is HealthState.HEALTHY:
        ended_at = it.tries[-1].ended_at or view.now
        if view.job.tried[-1] is it.tries[-1] and _tries_again(it.tries[-1]):
            ready_at = later(ended_at, view.routing.quick_retry_s)
            return candidate(CandidateOrder.AGAIN, AttemptKind.RETRY, "refused, perhaps by chance: once more", ready_at)
        if _earns_quick_retry(view, it):
            ready_at = later(ended_at, view.routing.quick_retry_s)
            return candidate(CandidateOrder.AGAIN, AttemptKind.RETRY, "its first failed submit: once more", ready_at)
        if len(it.tries) < _tries_max(view):
            ready_at = later(ended_at, view.routing.retry_waits_s[len(it.tries) - 1])
            return candidate(CandidateOrder.RETRY, AttemptKind.RETRY, f"healthy, try {len(it.tries) + 1}", ready_at)
    ready_at = max(panic_ready_at(it.row, view.health), _panic_pace(view, it))
    known = f"{it.row.state}: {it.row.note}" if it.row.note else str(it.row.state)
    return candidate(CandidateOrder.PANIC, AttemptKind.PANIC, f"for want of a better one ({known})", ready_at)


def _rank(candidate: Candidate, it: _Usable, *, now: datetime) -> tuple[float, ...]:
    """Where a candidate stands. Panic prefers the least tried, then the route whose demotion ends first."""
    match candidate.turn:
        case CandidateOrder.AGAIN | CandidateOrder.UNTRIED:
            return (candidate.turn,)
        case CandidateOrder.RETRY:
            return (candidate.turn, len(it.tries))
        case CandidateOrder.PANIC:
            is_due = it.row.state is not HealthState.DEMOTED or it.row.until is None
            due_s = 0.0 if is_due or it.row.until is None else (it.row.until - now).total_seconds()
            return (candidate.turn, len(it.tries), due_s)


def _may_probe(view: _View, it: _Usable, behind: Sequence[_Usable]) -> bool:
    """Whether this generation can be a probe: a healthy route comes after it, and there is time for both."""
    if not it.row.has_probe_room:
        return False
    spare_s = (view.job.deadline - view.now).total_seconds()
    late_s = view.routing.probe_late_factor * view.around.p95_s[it.route]
    if len(view.job.providers) == 1:
        return spare_s >= late_s
    return any(other.is_fresh for other in behind) and spare_s >= late_s + view.routing.probe_spare_s


def _earns_quick_retry(view: _View, it: _Usable) -> bool:
    """Whether the submit that has just failed is the only evidence against the route."""
    last = view.job.tried[-1]
    if len(it.tries) != 1 or last is not it.tries[0] or last.stage is not Stage.SUBMIT or last.error_class is None:
        return False
    if not policy(last.error_class, stage=last.stage).quick_retry:
        return False
    alone = view.health.submit_failure_weight + view.routing.clean_score
    return health_score.score(it.row, view.now, view.health) <= alone


def _tries_max(view: _View) -> int:
    """How often a generation tries one healthy route: twice, or three times where there is no other."""
    routes = sum(len(view.around.routes.get(provider, ())) for provider in view.job.providers)
    return 3 if routes == 1 else 2


def _panic_pace(view: _View, it: _Usable) -> datetime:
    """From when this generation tries again somewhere it has failed before, longer each time.

    Its last submits are spread over what is left of its window, so that a provider that comes back near the end is
    still asked.
    """
    if not it.tries:
        return view.now
    tries = [tried for tried in view.job.tried if tried.is_try]
    again = len(tries) - len({tried.route for tried in tries})
    waits_s = view.routing.panic_waits_s
    pause_s = waits_s[min(again, len(waits_s) - 1)]
    last_at = tries[-1].ended_at or view.now
    left = view.routing.submits_max - len(view.job.tried)
    if 2 * left <= view.routing.submits_max:
        pause_s = max(pause_s, (view.job.deadline - last_at).total_seconds() / max(1, left))
    return later(last_at, pause_s)


def _spent(job: RoutedGeneration, routing: RoutingConfig) -> str | None:
    """Whether the generation has used up its attempts, and which."""
    if len(job.tried) >= routing.submits_max:
        return f"{len(job.tried)} submits were made"
    accepted = sum(1 for tried in job.tried if tried.accepted and not tried.is_hedge)
    if accepted >= max(routing.accepted_max, len(job.chain)):
        return f"{accepted} accepted attempts failed"
    return None


def _wait(job: RoutedGeneration, planned: Plan, *, now: datetime, routing: RoutingConfig) -> WaitUntil:
    """Wait until the next known change, or for a time that grows with each round."""
    waits_s = routing.idle_waits_s
    times = [skipped.until for skipped in planned.skipped if skipped.until is not None]
    if not planned.queues:
        times.append(later(now, waits_s[min(job.waits, len(waits_s) - 1)]))
    at = max(min(times), later(now, routing.shortest_wait_s))
    reasons = "; ".join(f"{skipped.provider}: {skipped.reason}" for skipped in planned.skipped if skipped.may_change)
    return WaitUntil(at=min(at, job.deadline), why=reasons, plan=planned, queues=planned.queues)
