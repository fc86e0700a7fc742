"""Which route a generation tries next, by example and as properties."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.errors import ErrorClass, Refusal, Subject
from core.domain.generations.retry import Stage
from core.domain.health.config import HealthConfig, RoutingConfig
from core.domain.health.events import AttemptKind
from core.domain.health.route_health import HealthState, Reason, RouteHealth, RunningProbe, new_route
from core.domain.ids import ProviderName, RouteKey
from core.domain.requests.fallback import Fallback
from core.domain.routing.decisions import (
    CandidateOrder,
    Decision,
    GiveUp,
    RoutedGeneration,
    RoutingContext,
    Tried,
    Try,
    WaitUntil,
)
from core.domain.routing.router import decide, plan
from tests.quick import examples

HEALTH, ROUTING = HealthConfig(), RoutingConfig()
T0 = datetime(2026, 11, 22, 12, tzinfo=UTC)
VEO, KLING, SEEDANCE, WAN = (ProviderName(name) for name in ("veo", "kling", "seedance", "wan"))
ROUTES = {p: (RouteKey(f"{p}.api"),) for p in (VEO, KLING, SEEDANCE, WAN)}


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def row(provider: ProviderName, state: HealthState = HealthState.HEALTHY, **changes: object) -> RouteHealth:
    fresh = new_route(ROUTES[provider][0], now=T0, slots=10, hedge_tokens=10.0)
    until = at(300) if state in {HealthState.DEMOTED, HealthState.HELD} else None
    return replace(fresh, state=state, until=until, **changes)  # type: ignore[arg-type]  # a test's shorthand


@dataclass
class World:
    """The surroundings, with what a test changes."""

    rows: dict[ProviderName, RouteHealth] = field(default_factory=dict)
    free: Mapping[ProviderName, int] = field(default_factory=dict)
    extras: Mapping[ProviderName, int] = field(default_factory=dict)
    unfit: Mapping[ProviderName, str] = field(default_factory=dict)
    jobs: int = 0

    def around(self) -> RoutingContext:
        unfit = {ROUTES[provider][0]: why for provider, why in self.unfit.items()}
        return RoutingContext(
            routes=ROUTES,
            health={ROUTES[p][0]: self.rows.get(p, row(p)) for p in ROUTES},
            p95_s={ROUTES[p][0]: 120.0 for p in ROUTES},
            unfit=unfit.get,
            free_slots={ROUTES[p][0]: n for p, n in self.free.items()},
            extras={ROUTES[p][0]: n for p, n in self.extras.items()},
            jobs=self.jobs,
        )


def job(*tried: Tried, chain: tuple[ProviderName, ...] = (VEO, KLING, SEEDANCE), **changes: object) -> RoutedGeneration:
    return replace(RoutedGeneration(chain=chain, deadline=at(900), tried=tried), **changes)  # type: ignore[arg-type]  # a test's shorthand


def tried(
    provider: ProviderName,
    error: ErrorClass = ErrorClass.TRANSIENT_SERVER,
    *,
    stage: Stage = Stage.RUN,
    ended: float = 0,
    is_late: bool = False,
    refusal: Refusal | None = None,
) -> Tried:
    return Tried(
        route=ROUTES[provider][0],
        provider=provider,
        accepted=stage is Stage.RUN,
        error_class=error,
        stage=stage,
        ended_at=at(ended),
        is_late=is_late,
        refusal=refusal,
    )


def decision(a_job: RoutedGeneration, world: World | None = None, *, seconds: float = 0) -> Decision:
    return decide(a_job, (world or World()).around(), now=at(seconds), health=HEALTH, routing=ROUTING)


def choice(
    a_job: RoutedGeneration, world: World | None = None, *, seconds: float = 0
) -> tuple[ProviderName, AttemptKind]:
    made = decision(a_job, world, seconds=seconds)
    assert isinstance(made, Try), made
    return made.candidate.provider, made.candidate.kind


def order(a_job: RoutedGeneration, world: World | None = None) -> list[tuple[ProviderName, AttemptKind]]:
    planned = plan(a_job, (world or World()).around(), now=T0, health=HEALTH, routing=ROUTING)
    return [(c.provider, c.kind) for c in planned.candidates]


def test_the_chain_is_tried_in_its_order() -> None:
    assert order(job()) == [(p, AttemptKind.NORMAL) for p in (VEO, KLING, SEEDANCE)]


def test_a_demoted_route_goes_to_the_back_and_not_out() -> None:
    world = World(rows={VEO: row(VEO, HealthState.DEMOTED, note="3 run failures in 4 min")})
    assert order(job(), world) == [
        (KLING, AttemptKind.NORMAL),
        (SEEDANCE, AttemptKind.NORMAL),
        (VEO, AttemptKind.PANIC),
    ]
    planned = plan(job(), world.around(), now=T0, health=HEALTH, routing=ROUTING)
    assert planned.candidates[2].reason == "for want of a better one (demoted: 3 run failures in 4 min)"


def test_every_route_of_the_chain_is_in_the_plan_with_a_reason() -> None:
    world = World(
        rows={VEO: row(VEO, HealthState.HELD, note="our key was not accepted")},
        free={KLING: 0},
        unfit={SEEDANCE: "no first frame"},
    )
    planned = plan(job(), world.around(), now=T0, health=HEALTH, routing=ROUTING)
    assert {s.provider: s.reason for s in planned.skipped} == {
        VEO: "held: our key was not accepted",
        KLING: "all its slots are taken",
        SEEDANCE: "no first frame",
    }
    assert planned.record().as_json()["skipped"][0] == {
        "route": "veo.api",
        "reason": "held: our key was not accepted",
        "until": at(300).isoformat(),
    }


def test_a_failed_submit_to_a_route_without_blemish_is_repeated_once_after_2_s() -> None:
    failed = tried(VEO, stage=Stage.SUBMIT)
    blemished = World(rows={VEO: row(VEO, score=1.75, score_at=T0)})
    waiting = decision(job(failed), blemished, seconds=1)
    assert isinstance(waiting, WaitUntil)
    assert waiting.at == at(2)
    assert choice(job(failed), blemished, seconds=2) == (VEO, AttemptKind.RETRY)
    assert choice(job(failed, failed), blemished, seconds=4) == (KLING, AttemptKind.NORMAL)


def test_a_failed_submit_to_a_route_that_had_something_against_it_goes_on() -> None:
    failed = tried(VEO, stage=Stage.SUBMIT)
    world = World(rows={VEO: row(VEO, score=1.75 + 0.2, score_at=T0)})
    assert choice(job(failed), world) == (KLING, AttemptKind.NORMAL)


@pytest.mark.parametrize(
    ("error", "stage"),
    [(ErrorClass.TRANSIENT_SERVER, Stage.RUN), (ErrorClass.TIMEOUT, Stage.RUN), (ErrorClass.TASK_GONE, Stage.RUN)],
)
def test_a_failure_in_the_run_goes_to_the_next_route_at_once(error: ErrorClass, stage: Stage) -> None:
    assert choice(job(tried(VEO, error, stage=stage))) == (KLING, AttemptKind.NORMAL)


def test_healthy_routes_get_a_second_try_after_5_s_before_anyone_panics() -> None:
    a_job = job(tried(KLING), tried(SEEDANCE, ended=10), chain=(KLING, SEEDANCE, VEO))
    world = World(rows={VEO: row(VEO, HealthState.DEMOTED)})
    assert order(a_job, world)[0] == (KLING, AttemptKind.RETRY)
    assert choice(a_job, world, seconds=11) == (KLING, AttemptKind.RETRY)
    both = job(tried(KLING, ended=10), tried(SEEDANCE, ended=10), chain=(KLING, SEEDANCE, VEO))
    waiting = decision(both, world, seconds=11)
    assert isinstance(waiting, WaitUntil)
    assert waiting.at == at(15)


def test_a_chain_of_one_route_gets_a_third_try_after_10_s() -> None:
    twice = job(tried(WAN), tried(WAN, ended=100), chain=(WAN,))
    waiting = decision(twice, seconds=101)
    assert isinstance(waiting, WaitUntil)
    assert waiting.at == at(110)
    assert choice(twice, seconds=110) == (WAN, AttemptKind.RETRY)


def test_a_429_is_not_a_try_and_waits_for_no_other_reason_than_its_cooldown() -> None:
    limited = tried(VEO, ErrorClass.RATE_LIMITED, stage=Stage.SUBMIT)
    cooling = World(rows={VEO: row(VEO, cooldown_until=at(30))})
    assert choice(job(limited), cooling, seconds=1) == (KLING, AttemptKind.NORMAL)
    alone = job(limited, chain=(VEO,))
    waiting = decision(alone, cooling, seconds=28)
    assert isinstance(waiting, WaitUntil)
    assert waiting.at == at(30)
    assert choice(alone, cooling, seconds=30) == (VEO, AttemptKind.NORMAL)


def test_a_probe_is_given_to_a_generation_that_can_afford_it() -> None:
    world = World(rows={VEO: row(VEO, HealthState.PROBING)})
    assert choice(job(), world) == (VEO, AttemptKind.PROBE)
    # 1.5 × 120 s + 120 s must be left.
    assert choice(job(), world, seconds=601) == (KLING, AttemptKind.NORMAL)
    # Nobody healthy behind it.
    nobody = World(rows={p: row(p, HealthState.DEMOTED) for p in (KLING, SEEDANCE)} | world.rows)
    assert choice(job(), nobody)[1] is AttemptKind.PANIC
    # The window is full.
    full = World(rows={VEO: row(VEO, HealthState.PROBING, probes=(RunningProbe("x", at(500)),))})
    assert choice(job(), full) == (KLING, AttemptKind.NORMAL)


def test_a_chain_of_one_provider_is_probed_without_a_net() -> None:
    world = World(rows={WAN: row(WAN, HealthState.PROBING)})
    assert choice(job(chain=(WAN,)), world, seconds=719) == (WAN, AttemptKind.PROBE)


def test_panic_takes_the_least_tried_and_then_the_soonest_due() -> None:
    rows = {
        VEO: row(VEO, HealthState.DEMOTED),
        KLING: replace(row(KLING, HealthState.DEMOTED), until=at(200)),
        SEEDANCE: replace(row(SEEDANCE, HealthState.DEMOTED), until=at(100)),
    }
    assert [p for p, _ in order(job(), World(rows=rows))] == [SEEDANCE, KLING, VEO]
    assert [p for p, _ in order(job(tried(SEEDANCE)), World(rows=rows))] == [KLING, VEO, SEEDANCE]


def test_panic_at_routes_that_failed_before_gets_slower() -> None:
    world = World(rows={WAN: row(WAN, HealthState.DEMOTED)})
    tries: list[Tried] = []
    pauses, now = [], 0.0
    for _ in range(7):
        a_job = job(*tries, chain=(WAN,))
        made = decision(a_job, world, seconds=now)
        if isinstance(made, WaitUntil):
            pauses.append((made.at - at(now)).total_seconds())
            now += pauses[-1]
            assert choice(a_job, world, seconds=now) == (WAN, AttemptKind.PANIC)
        tries.append(tried(WAN, stage=Stage.SUBMIT, ended=now))
    assert pauses == [5, 10, 20, 40, 60, 60]


def test_panic_is_paced_for_each_route() -> None:
    busy = {p: row(p, HealthState.DEMOTED, panic_due=at(40)) for p in (VEO, KLING, SEEDANCE)}
    waiting = decision(job(), World(rows=busy))
    assert isinstance(waiting, WaitUntil)
    assert waiting.at == at(20)
    busy[SEEDANCE] = row(SEEDANCE, HealthState.DEMOTED)
    assert choice(job(), World(rows=busy)) == (SEEDANCE, AttemptKind.PANIC)


@pytest.mark.parametrize("state", [HealthState.DEMOTED, HealthState.PROBING])
def test_a_route_that_is_only_slow_is_tried_at_once_where_nobody_better_stands(state: HealthState) -> None:
    """A community with one vendor has no other: its burst must not shrink to a video every five seconds."""
    reason = Reason.SLOW if state is HealthState.DEMOTED else Reason.SLOW_DUE
    probes = (RunningProbe("a", at(500)),)  # the one that may run does
    slow = row(WAN, state, reason=reason, panic_due=at(400), probes=probes)
    assert choice(job(chain=(WAN,)), World(rows={WAN: slow})) == (WAN, AttemptKind.PANIC)
    assert choice(job(chain=(WAN, KLING)), World(rows={WAN: slow})) == (KLING, AttemptKind.NORMAL)
    failing = replace(slow, reason=Reason.RUN)
    assert isinstance(decision(job(chain=(WAN,)), World(rows={WAN: failing})), WaitUntil)


def test_held_routes_are_never_tried_and_their_release_is_waited_for() -> None:
    world = World(rows={p: row(p, HealthState.HELD) for p in (VEO, KLING, SEEDANCE)})
    waits = [decision(replace(job(), waits=n), world) for n in range(7)]
    assert all(isinstance(made, WaitUntil) for made in waits)
    assert [(w.at - T0).total_seconds() for w in waits if isinstance(w, WaitUntil)] == [5, 10, 20, 40, 60, 60, 60]


def test_a_full_route_is_waited_for_5_s() -> None:
    world = World(free={WAN: 0})
    waiting = decision(job(chain=(WAN,), waits=5), world)
    assert isinstance(waiting, WaitUntil)
    assert (waiting.at, waiting.why) == (at(5), "wan: all its slots are taken")


def test_retries_and_fallbacks_have_a_budget_and_first_attempts_have_none() -> None:
    spent = World(extras=dict.fromkeys(ROUTES, 10))
    assert choice(job(), spent) == (VEO, AttemptKind.NORMAL)
    assert isinstance(decision(job(tried(VEO)), spent), WaitUntil)
    assert choice(job(tried(VEO)), World(extras=dict.fromkeys(ROUTES, 10), jobs=5))[0] == KLING
    assert choice(job(tried(VEO)), World(extras={KLING: 10}))[0] == SEEDANCE


def test_attempts_are_bounded_and_a_late_video_is_waited_for() -> None:
    four = [tried(p, ErrorClass.TIMEOUT, is_late=p is VEO) for p in (VEO, KLING, SEEDANCE, KLING)]
    waiting = decision(job(*four), seconds=500)
    assert isinstance(waiting, WaitUntil)
    assert waiting.at == at(900)
    settled = decision(job(*(replace(t, is_late=False) for t in four)), seconds=500)
    assert isinstance(settled, GiveUp)
    submits = job(*[tried(VEO, stage=Stage.SUBMIT) for _ in range(14)])
    assert isinstance(decision(submits), GiveUp)


def test_the_deadline_ends_it() -> None:
    assert isinstance(decision(job(), seconds=900), GiveUp)


def test_a_chain_in_which_nobody_can_make_it_gives_up_at_once() -> None:
    world = World(unfit=dict.fromkeys(ROUTES, "longest is 8 s"))
    assert isinstance(decision(job(), world), GiveUp)


def test_a_provider_that_refused_the_content_is_not_asked_again() -> None:
    a_job = job(tried(VEO, ErrorClass.CONTENT_POLICY))
    assert VEO not in [p for p, _ in order(a_job)]


OUTPUT = Refusal(subject=Subject.OUTPUT)


def test_a_video_that_was_refused_when_it_was_made_is_tried_once_more_at_the_same_provider() -> None:
    once = job(tried(VEO, ErrorClass.CONTENT_POLICY, refusal=OUTPUT))
    assert order(once)[0] == (VEO, AttemptKind.RETRY)
    assert isinstance(decision(once), WaitUntil)
    assert choice(once, seconds=ROUTING.quick_retry_s) == (VEO, AttemptKind.RETRY)
    twice = job(*(tried(VEO, ErrorClass.CONTENT_POLICY, refusal=OUTPUT) for _ in range(2)))
    assert VEO not in [p for p, _ in order(twice)]


def test_a_route_that_does_not_accept_the_request_is_left_and_the_next_one_tried_at_once() -> None:
    a_job = job(tried(VEO, ErrorClass.INVALID_REQUEST, stage=Stage.SUBMIT))
    assert choice(a_job) == (KLING, AttemptKind.NORMAL)
    assert VEO not in [p for p, _ in order(a_job)]


def test_when_every_provider_of_the_chain_refuses_the_request_it_ends_at_once() -> None:
    chain = (VEO, KLING, SEEDANCE)
    nos = [tried(p, ErrorClass.INVALID_REQUEST, stage=Stage.SUBMIT) for p in chain]
    assert isinstance(decision(job(*nos, chain=chain)), GiveUp)
    assert not isinstance(decision(job(*nos[:2], chain=chain)), GiveUp)


@pytest.mark.parametrize(
    ("fallback", "providers"),
    [(Fallback.NEVER, [KLING]), (Fallback.SAME_TIER, [KLING, SEEDANCE]), (Fallback.ANY, [KLING, SEEDANCE, WAN])],
)
def test_a_workspace_chooses_how_far_its_generations_go(fallback: Fallback, providers: list[ProviderName]) -> None:
    a_job = job(chain=(KLING, SEEDANCE), last_resort=WAN, fallback=fallback)
    assert [p for p, _ in order(a_job)] == providers
    planned = plan(a_job, World().around(), now=T0, health=HEALTH, routing=ROUTING)
    assert {p for p in (KLING, SEEDANCE, WAN) if p not in providers} == {s.provider for s in planned.skipped}


def test_a_second_route_of_the_same_provider_comes_before_the_next_provider() -> None:
    vertex, gemini = RouteKey("veo.vertex"), RouteKey("veo.gemini")
    around = replace(
        World().around(),
        routes={**ROUTES, VEO: (vertex, gemini)},
        health={
            **World().around().health,
            vertex: replace(row(VEO, HealthState.DEMOTED), route=vertex),
            gemini: replace(row(VEO), route=gemini),
        },
    )
    planned = plan(job(), around, now=T0, health=HEALTH, routing=ROUTING)
    assert [c.route for c in planned.candidates] == [gemini, "kling.api", "seedance.api", vertex]


ROWS = st.sampled_from(list(HealthState)).flatmap(
    lambda state: st.builds(
        lambda **changes: (state, changes),
        score=st.sampled_from([0.0, 1.0, 4.0]),
        cooldown_until=st.none() | st.just(at(30)),
        panic_due=st.none() | st.just(at(60)),
    )
)
TRIED = st.builds(
    tried,
    st.sampled_from([VEO, KLING, SEEDANCE]),
    st.sampled_from([ErrorClass.TRANSIENT_SERVER, ErrorClass.TIMEOUT, ErrorClass.RATE_LIMITED]),
    stage=st.sampled_from(Stage),
    ended=st.floats(0, 100),
)


@settings(deadline=None, max_examples=examples(200))
@given(
    rows=st.tuples(ROWS, ROWS, ROWS),
    tries=st.lists(TRIED, max_size=6),
    free=st.lists(st.integers(0, 2), min_size=3, max_size=3),
    seconds=st.floats(100, 899),
)
def test_no_generation_is_refused_for_its_routes_health(
    rows: tuple[tuple[HealthState, dict[str, object]], ...],
    tries: list[Tried],
    free: list[int],
    seconds: float,
) -> None:
    chain = (VEO, KLING, SEEDANCE)
    world = World(
        rows={p: row(p, state, **changes) for p, (state, changes) in zip(chain, rows, strict=True)},
        free=dict(zip(chain, free, strict=True)),
    )
    a_job = job(*tries)
    made = decision(a_job, world, seconds=seconds)
    if isinstance(made, GiveUp):
        assert sum(t.accepted for t in tries) >= 4
        return
    if isinstance(made, WaitUntil):
        assert at(seconds) < made.at <= a_job.deadline
        return
    its_row = world.rows[made.candidate.provider]
    assert not its_row.is_cooling(at(seconds))
    assert world.free[made.candidate.provider] > 0
    assert made.candidate.ready_at <= at(seconds)
    # A route in panic is only tried when no untried healthy one is usable.
    if made.candidate.turn is CandidateOrder.PANIC:
        assert not [c for c in made.plan.candidates if c.turn is not CandidateOrder.PANIC]


@settings(deadline=None, max_examples=examples(200))
@given(rows=st.tuples(ROWS, ROWS, ROWS), seconds=st.floats(0, 899))
def test_a_plan_names_every_route_once(rows: tuple[tuple[HealthState, dict[str, object]], ...], seconds: float) -> None:
    chain = (VEO, KLING, SEEDANCE)
    world = World(rows={p: row(p, state, **changes) for p, (state, changes) in zip(chain, rows, strict=True)})
    planned = plan(job(), world.around(), now=at(seconds), health=HEALTH, routing=ROUTING)
    named = [c.provider for c in planned.candidates] + [s.provider for s in planned.skipped]
    assert sorted(named) == sorted(chain)
    assert all(c.reason for c in planned.candidates)
    assert all(s.reason for s in planned.skipped)
