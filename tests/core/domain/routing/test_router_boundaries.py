"""The edges of a routing decision: at, below and above each limit, and what a plan says of itself."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.errors import ErrorClass, Refusal, Subject
from core.domain.generations.retry import Stage
from core.domain.health.events import AttemptKind
from core.domain.health.route_health import HealthState, RunningProbe
from core.domain.ids import ProviderName, RouteKey
from core.domain.requests.fallback import Fallback
from core.domain.routing.decisions import (
    CandidateOrder,
    GiveUp,
    QueuePosition,
    RoutedGeneration,
    RoutingContext,
    Tried,
    Try,
    WaitUntil,
)
from core.domain.routing.patience import full, look_at, worth_waiting
from core.domain.routing.router import decide, plan
from tests.core.domain.routing.test_router import (
    HEALTH,
    KLING,
    ROUTES,
    ROUTING,
    SEEDANCE,
    T0,
    VEO,
    WAN,
    World,
    at,
    choice,
    decision,
    job,
    order,
    row,
    tried,
)

D, P = HealthState.DEMOTED, HealthState.PROBING
SUBMIT = Stage.SUBMIT


def wait(made: object) -> WaitUntil:
    assert isinstance(made, WaitUntil), made
    return made


def demoted(*providers: object) -> World:
    return World(rows={p: row(p, D) for p in ROUTES if p in providers})


# The last submits of a generation.


@pytest.mark.parametrize(
    ("made", "pause_s"),
    # 14 submits; from the seventh on what is left of the window is shared among those that are left.
    [(5, 60.0), (6, 60.0), (7, 800 / 7), (8, 800 / 6), (11, 800 / 3), (13, 800.0)],
)
def test_the_last_submits_are_spread_over_what_is_left_of_the_window(made: int, pause_s: float) -> None:
    tries = [tried(WAN, stage=SUBMIT, ended=n) for n in range(made - 1)]
    a_job = job(*tries, tried(WAN, stage=SUBMIT, ended=100), chain=(WAN,))
    waiting = wait(decision(a_job, demoted(WAN), seconds=100.5))
    assert (waiting.at - at(100)).total_seconds() == pytest.approx(pause_s)


def test_the_pause_between_tries_counts_from_the_last_of_them_wherever_it_was() -> None:
    a_job = job(tried(WAN, ended=0), tried(VEO, ended=30), chain=(WAN, VEO))
    assert wait(decision(a_job, demoted(WAN, VEO), seconds=31)).at == at(35)
    again = job(tried(WAN, ended=0), tried(VEO, ended=30), tried(WAN, ended=50), chain=(WAN, VEO))
    assert wait(decision(again, demoted(WAN, VEO), seconds=51)).at == at(60)


def test_being_rate_limited_is_no_try_that_makes_the_next_pause_longer() -> None:
    limited = tried(WAN, ErrorClass.RATE_LIMITED, stage=SUBMIT, ended=40)
    a_job = job(tried(WAN, stage=SUBMIT, ended=30), limited, limited, chain=(WAN,))
    assert wait(decision(a_job, demoted(WAN), seconds=31)).at == at(35)


@pytest.mark.parametrize(("made", "ends"), [(13, False), (14, True), (15, True)])
def test_fourteen_submits_are_all_there_are(*, made: int, ends: bool) -> None:
    found = decision(job(*[tried(VEO, stage=SUBMIT)] * made), seconds=100)
    assert isinstance(found, GiveUp) is ends
    if isinstance(found, GiveUp):
        assert found.why == f"{made} submits were made"


@pytest.mark.parametrize(("made", "ends"), [(3, False), (4, True), (5, True)])
def test_four_accepted_attempts_are_all_there_are(*, made: int, ends: bool) -> None:
    found = decision(job(*[tried(VEO)] * made), seconds=100)
    assert isinstance(found, GiveUp) is ends
    if isinstance(found, GiveUp):
        assert found.why == f"{made} accepted attempts failed"


def test_a_longer_chain_may_have_as_many_accepted_attempts_as_it_has_providers() -> None:
    routes = ROUTES | {ProviderName(p): (RouteKey(f"{p}.api"),) for p in ("five", "six")}
    chain = tuple(routes)[:5]
    around = replace(
        World().around(),
        routes=routes,
        health={r[0]: replace(row(WAN), route=r[0]) for r in routes.values()},
        p95_s={r[0]: 100.0 for r in routes.values()},
    )
    for made, ends in ((4, False), (5, True)):
        a_job = job(*[tried(VEO)] * made, chain=chain)  # type: ignore[arg-type]  # names of providers
        assert isinstance(decide(a_job, around, now=T0, health=HEALTH, routing=ROUTING), GiveUp) is ends


def test_a_hedge_is_not_one_of_the_accepted_attempts() -> None:
    tries = [tried(VEO), tried(KLING), tried(SEEDANCE), replace(tried(KLING), is_hedge=True)]
    assert not isinstance(decision(job(*tries), seconds=100), GiveUp)


def test_why_it_gives_up_is_said() -> None:
    over = decision(job(), seconds=900)
    unfit = decision(job(), World(unfit=dict.fromkeys(ROUTES, "longest is 8 s")))
    assert [made.why for made in (over, unfit) if isinstance(made, GiveUp)] == [
        "the delivery window is over", "nobody left who can make this",
    ]  # fmt: skip
    late = decision(job(*[tried(VEO, ErrorClass.TIMEOUT, is_late=True)] * 4), seconds=100)
    assert wait(late).why == "4 accepted attempts failed, but a late video may still come"
    assert not isinstance(decision(job(), seconds=899.9), GiveUp)


def test_one_route_that_may_change_is_worth_waiting_for() -> None:
    world = World(rows={VEO: row(VEO, HealthState.HELD, note="no key")}, unfit={KLING: "no", SEEDANCE: "no"})
    waiting = wait(decision(job(), world))
    assert waiting.why == "veo: held: no key"
    assert waiting.at == at(5)


# Waiting.


def test_a_wait_is_never_shorter_than_half_a_second_nor_beyond_the_window() -> None:
    soon = World(rows={p: row(p, cooldown_until=at(0.2)) for p in (VEO, KLING, SEEDANCE)})
    assert wait(decision(job(), soon)).at == at(0.5)
    held = World(rows={p: replace(row(p, HealthState.HELD), until=None) for p in (VEO, KLING, SEEDANCE)})
    assert wait(decision(job(waits=9), held, seconds=880)).at == at(900)
    assert wait(decision(job(), held)).why == "veo: held: ; kling: held: ; seedance: held: "


def test_the_first_of_several_times_is_waited_for() -> None:
    world = World(rows={VEO: row(VEO, cooldown_until=at(3)), KLING: row(KLING, cooldown_until=at(40))})
    world.unfit = {SEEDANCE: "no first frame"}
    waiting = wait(decision(job(), world))
    assert (waiting.at, waiting.why) == (at(3), "veo: rate limited; kling: rate limited")


def test_of_candidates_that_are_not_ready_the_soonest_is_waited_for() -> None:
    busy = World(
        rows={
            VEO: row(VEO, D, panic_due=at(60)),
            KLING: row(KLING, D, panic_due=at(40)),
            SEEDANCE: row(SEEDANCE, D, panic_due=at(50)),
        }
    )
    waiting = wait(decision(job(), busy))
    assert (waiting.at, waiting.why) == (at(20), "kling next (for want of a better one (demoted))")
    late = World(rows={p: row(p, D, panic_due=at(2000)) for p in (VEO, KLING, SEEDANCE)})
    assert wait(decision(job(), late)).at == at(900)
    assert choice(job(), busy, seconds=20) == (KLING, AttemptKind.PANIC)


def test_a_wait_for_a_retry_stands_in_the_queues_that_there_are() -> None:
    around = replace(
        World(free={KLING: 0}, unfit={SEEDANCE: "no"}).around(), queues={ROUTES[KLING][0]: QueuePosition(ahead=1)}
    )
    a_job = job(tried(VEO, ended=0))
    made = wait(decide(a_job, around, now=at(1), health=HEALTH, routing=ROUTING))
    assert (made.at, made.queues) == (at(5), (ROUTES[KLING][0],))


# Probes.


@pytest.mark.parametrize(("seconds", "kind"), [(599.9, "probe"), (600, "probe"), (600.1, "normal")])
def test_a_probe_leaves_time_for_the_one_behind_it(seconds: float, kind: str) -> None:
    world = World(rows={VEO: row(VEO, P)})
    assert choice(job(), world, seconds=seconds)[1] == kind


@pytest.mark.parametrize(("seconds", "kind"), [(719.9, "probe"), (720, "probe"), (720.1, "panic")])
def test_a_chain_of_one_needs_only_its_own_time(seconds: float, kind: str) -> None:
    world = World(rows={WAN: row(WAN, P)})
    assert choice(job(chain=(WAN,)), world, seconds=seconds)[1] == kind


def test_who_has_been_there_does_not_probe() -> None:
    world = World(rows={VEO: row(VEO, P)})
    assert order(job(tried(VEO)), world)[0] == (KLING, AttemptKind.NORMAL)
    assert (VEO, AttemptKind.PROBE) not in order(job(tried(VEO)), world)


def test_only_somebody_healthy_behind_it_makes_a_probe_affordable() -> None:
    rows = {VEO: row(VEO), KLING: row(KLING, P), SEEDANCE: row(SEEDANCE, D)}
    assert order(job(), World(rows=rows)) == [
        (VEO, AttemptKind.NORMAL), (KLING, AttemptKind.PANIC), (SEEDANCE, AttemptKind.PANIC),
    ]  # fmt: skip


def test_a_demoted_route_is_no_probe_and_a_full_window_none_either() -> None:
    full_one = row(VEO, P, probe_window=2, probes=(RunningProbe("x", at(500)), RunningProbe("y", at(500))))
    assert choice(job(), World(rows={VEO: full_one})) == (KLING, AttemptKind.NORMAL)
    assert choice(job(), World(rows={VEO: replace(full_one, probe_window=4)})) == (VEO, AttemptKind.PROBE)


# Retries.


@pytest.mark.parametrize(("score", "is_repeated"), [(1.84, True), (1.85, True), (1.86, False)])
def test_a_tenth_of_a_point_is_nothing_against_a_route(*, score: float, is_repeated: bool) -> None:
    world = World(rows={VEO: row(VEO, score=score, score_at=T0)})
    found = order(job(tried(VEO, stage=SUBMIT)), world)[0]
    assert (found == (VEO, AttemptKind.RETRY)) is is_repeated


@pytest.mark.parametrize(
    ("last", "is_repeated"),
    [
        (tried(VEO, stage=SUBMIT), True),
        (tried(VEO, stage=Stage.RUN), False),
        (tried(VEO, ErrorClass.TASK_GONE, stage=SUBMIT), False),
        (tried(VEO, ErrorClass.TIMEOUT, stage=SUBMIT), True),
        (replace(tried(VEO, stage=SUBMIT), error_class=None), False),
    ],
)
def test_only_a_failed_submit_that_may_be_chance_is_repeated_at_once(*, last: Tried, is_repeated: bool) -> None:
    found = plan(job(last), World().around(), now=T0, health=HEALTH, routing=ROUTING).candidates[0]
    assert (found.turn is CandidateOrder.AGAIN) is is_repeated


def test_it_is_the_last_attempt_that_is_repeated_and_no_earlier_one() -> None:
    a_job = job(tried(VEO, stage=SUBMIT), tried(KLING))
    assert choice(a_job, seconds=50) == (SEEDANCE, AttemptKind.NORMAL)
    twice = job(tried(VEO), tried(VEO, stage=SUBMIT))
    assert choice(twice, seconds=50) == (KLING, AttemptKind.NORMAL)


def test_a_refusal_by_chance_is_repeated_by_the_last_alone() -> None:
    chance = tried(VEO, ErrorClass.CONTENT_POLICY, refusal=Refusal(subject=Subject.OUTPUT), ended=10)
    again = plan(job(chance), World().around(), now=at(11), health=HEALTH, routing=ROUTING).candidates[0]
    assert (again.turn, again.ready_at, again.reason) == (
        CandidateOrder.AGAIN, at(12), "refused, perhaps by chance: once more",
    )  # fmt: skip
    assert order(job(chance, tried(KLING, ended=20)))[0] == (SEEDANCE, AttemptKind.NORMAL)
    after_another = job(tried(VEO, ended=0), chance)
    again = plan(after_another, World().around(), now=at(11), health=HEALTH, routing=ROUTING).candidates[0]
    assert (again.provider, again.turn) == (VEO, CandidateOrder.AGAIN)
    plain = replace(chance, refusal=None)
    assert VEO not in [p for p, _ in order(job(plain))]


def test_a_healthy_route_is_tried_twice_and_a_lonely_one_three_times() -> None:
    twice = job(tried(VEO, ended=0), tried(VEO, ended=20), chain=(VEO, KLING))
    assert order(twice) == [(KLING, AttemptKind.NORMAL), (VEO, AttemptKind.PANIC)]
    for made, kind in ((1, AttemptKind.RETRY), (2, AttemptKind.RETRY), (3, AttemptKind.PANIC)):
        assert order(job(*[tried(VEO)] * made, chain=(VEO,))) == [(VEO, kind)]


def test_of_two_to_be_tried_again_the_less_tried_comes_first() -> None:
    routes = {**ROUTES, VEO: (RouteKey("veo.api"), RouteKey("veo.two"))}
    around = replace(
        World().around(),
        routes=routes,
        health={**World().around().health, RouteKey("veo.two"): replace(row(VEO), route=RouteKey("veo.two"))},
        p95_s=dict.fromkeys([*World().around().p95_s, RouteKey("veo.two")], 100.0),
    )
    other = replace(tried(VEO), route=RouteKey("veo.two"))
    a_job = job(tried(VEO), other, chain=(VEO,))
    planned = plan(a_job, around, now=at(99), health=HEALTH, routing=ROUTING)
    assert [(c.route, c.turn) for c in planned.candidates] == [("veo.api", 2), ("veo.two", 2)]
    assert planned.candidates[0].reason == "healthy, try 2"
    more = job(tried(VEO), tried(VEO), other, chain=(VEO,))
    assert [c.route for c in plan(more, around, now=at(99), health=HEALTH, routing=ROUTING).candidates] == [
        "veo.two", "veo.api",
    ]  # fmt: skip


# Panic.


def test_in_panic_what_is_due_or_not_demoted_comes_before_what_is_not() -> None:
    rows = {
        VEO: row(VEO, D, note="x"),
        KLING: replace(row(KLING, D), until=None),
        SEEDANCE: row(SEEDANCE, P, probe_window=0),
    }
    assert order(job(), World(rows=rows)) == [(p, AttemptKind.PANIC) for p in (KLING, SEEDANCE, VEO)]


def test_a_try_in_panic_waits_for_the_routes_pace_and_for_its_own() -> None:
    rows = {WAN: row(WAN, D, panic_due=at(52))}
    a_job = job(tried(WAN, stage=SUBMIT, ended=30), chain=(WAN,))
    assert wait(decision(a_job, World(rows=rows), seconds=31)).at == at(35)
    rows[WAN] = row(WAN, D, panic_due=at(62))
    assert wait(decision(a_job, World(rows=rows), seconds=31)).at == at(42)


# What keeps a route out.


@pytest.mark.parametrize(
    ("extras", "jobs", "is_open"), [(9, 0, True), (10, 0, False), (10, 4, True), (11, 5, False), (10, 5, True)]
)
def test_retries_may_be_a_fifth_of_all_and_ten_more(*, extras: int, jobs: int, is_open: bool) -> None:
    world = World(extras={KLING: extras}, jobs=jobs)
    planned = plan(job(tried(VEO)), world.around(), now=T0, health=HEALTH, routing=ROUTING)
    assert (KLING in [c.provider for c in planned.candidates]) is is_open
    if not is_open:
        assert planned.skipped[0].reason == "enough retries and fallbacks there for now"


def test_a_generation_that_was_only_rate_limited_is_no_retry() -> None:
    limited = tried(VEO, ErrorClass.RATE_LIMITED, stage=SUBMIT)
    assert order(job(limited), World(extras=dict.fromkeys(ROUTES, 99)))[0] == (VEO, AttemptKind.NORMAL)


@pytest.mark.parametrize(
    ("fallback", "why"),
    [(Fallback.NEVER, "the workspace wants no fallback"), (Fallback.SAME_TIER, "not in this tier")],
)
def test_who_is_left_out_by_the_workspace_is_in_the_plan_and_stays_out(fallback: Fallback, why: str) -> None:
    a_job = job(chain=(KLING,) if fallback is Fallback.SAME_TIER else (KLING, WAN), last_resort=WAN, fallback=fallback)
    (left,) = plan(a_job, World().around(), now=T0, health=HEALTH, routing=ROUTING).skipped
    assert (left.provider, left.reason, left.may_change, left.position, left.is_fresh) == (WAN, why, False, None, False)


def test_a_plan_is_stored_with_its_kinds_and_times() -> None:
    world = World(rows={VEO: row(VEO, D)}, unfit={SEEDANCE: "no sound"})
    planned = plan(job(), world.around(), now=T0, health=HEALTH, routing=ROUTING)
    assert planned.record().as_json() == {
        "candidates": [
            {"route": "kling.api", "kind": "normal", "reason": "healthy", "ready_at": T0.isoformat()},
            {"route": "veo.api", "kind": "panic", "reason": "for want of a better one (demoted)",
             "ready_at": T0.isoformat()},
        ],
        "skipped": [{"route": "seedance.api", "reason": "no sound", "until": None}],
    }  # fmt: skip
    probing = plan(job(), World(rows={VEO: row(VEO, P, epoch=7)}).around(), now=T0, health=HEALTH, routing=ROUTING)
    assert (probing.candidates[0].reason, probing.candidates[0].epoch) == ("a probe: it may be well again", 7)
    again = plan(job(tried(VEO, stage=SUBMIT)), World().around(), now=T0, health=HEALTH, routing=ROUTING)
    assert again.candidates[0].reason == "its first failed submit: once more"


def test_what_the_vendor_said_no_to_stays_out() -> None:
    a_job = job(tried(VEO, ErrorClass.CONTENT_POLICY), tried(KLING, ErrorClass.INVALID_REQUEST, stage=SUBMIT))
    planned = plan(a_job, World().around(), now=T0, health=HEALTH, routing=ROUTING)
    assert [(s.reason, s.may_change) for s in planned.skipped] == [
        ("refused the content", False), ("did not accept the request", False),
    ]  # fmt: skip
    other_route = job(replace(tried(VEO, ErrorClass.INVALID_REQUEST), route=RouteKey("veo.two")))
    assert VEO in [p for p, _ in order(other_route)]


# Queues and patience.


def line_of(
    *, free: int | None = None, tokens: float | None = None, patience_s: float = 0.0, is_fresh: bool = True,
    **position: float,
) -> tuple[str, QueuePosition] | None:  # fmt: skip
    route = ROUTES[VEO][0]
    around: RoutingContext = replace(
        World().around(),
        free_slots={} if free is None else {route: free},
        tokens={} if tokens is None else {route: tokens},
        queues={route: QueuePosition(**position)},  # type: ignore[arg-type]  # a test's shorthand
    )
    return full(job(patience_s=patience_s), around, route, is_fresh=is_fresh)


@pytest.mark.parametrize(
    ("free", "ahead", "why"),
    [
        (2, 1, None),
        (1, 1, "its free slots are others' turn, 1 before this one"),
        (1, 2, "its free slots are others' turn, 2 before this one"),
        (1, 0, None),
        (0, 0, "all its slots are taken"),
        (-1, 0, "all its slots are taken"),
    ],
)
def test_there_is_room_for_one_more_than_stand_before(free: int, ahead: int, why: str | None) -> None:
    found = line_of(free=free, ahead=ahead)
    assert (found and found[0]) == why


@pytest.mark.parametrize(
    ("tokens", "ahead", "is_full"), [(0.99, 0, True), (1, 0, False), (1.99, 1, True), (2, 1, False)]
)
def test_a_submit_is_needed_for_each_who_stands_before_and_one_more(
    *, tokens: float, ahead: int, is_full: bool
) -> None:
    assert (line_of(tokens=tokens, ahead=ahead) is not None) is is_full
    assert line_of(tokens=None, ahead=9) is None


@pytest.mark.parametrize(
    ("wait_s", "waited_s", "patience_s", "words"),
    [
        (70, 0, 120, ": its queue is about 70 s"),
        (0.2, 0.2, 120, ": its queue is about 1 s"),
        (89, 0, 120, ": its queue is about 89 s"),
        (90, 0, 120, ": its queue is about 2 min"),
        (60, 60, 120, ": its queue is about 2 min"),
        (61, 60, 120, ": its queue is about 2 min, longer than 2 min of patience"),
        (70, 0, 60, ": its queue is about 70 s, longer than 60 s of patience"),
        (70, 0, 0, ""),
    ],
)
def test_how_long_a_queue_is_is_said_beside_the_patience(
    wait_s: float, waited_s: float, patience_s: float, words: str
) -> None:
    found = line_of(free=0, wait_s=wait_s, waited_s=waited_s, patience_s=patience_s)
    assert found is not None
    assert found[0] == f"all its slots are taken{words}"
    stale = line_of(free=0, wait_s=wait_s, waited_s=waited_s, patience_s=patience_s, is_fresh=False)
    assert stale is not None
    assert stale[0] == "all its slots are taken"


@pytest.mark.parametrize(
    ("wait_s", "waited_s", "patience_s", "looks_s"),
    [
        (None, 0, 0, 5), (0.1, 0, 0, 0.5), (12, 0, 0, 12), (29, 0, 0, 29), (31, 0, 0, 30), (900, 0, 0, 30),
        (900, 100, 120, 20), (900, 119.9, 120, 0.5), (900, 120, 120, 30), (900, 130, 120, 30), (10, 100, 120, 10),
    ],
)  # fmt: skip
def test_who_stands_in_a_queue_looks_around_near_its_turn_and_before_its_patience_ends(
    wait_s: float | None, waited_s: float, patience_s: float, looks_s: float
) -> None:
    position = QueuePosition(wait_s=wait_s, waited_s=waited_s)
    found = look_at(job(patience_s=patience_s), position, now=T0, routing=ROUTING)
    assert (found - T0).total_seconds() == pytest.approx(looks_s)


def awaits(a_job: RoutedGeneration, world: World, position: QueuePosition, *, at_s: float = 0) -> bool:
    around = replace(world.around(), queues={ROUTES[VEO][0]: position})
    now = T0 + timedelta(seconds=at_s)
    planned = plan(a_job, around, now=now, health=HEALTH, routing=ROUTING)
    return worth_waiting(a_job, planned, around, now=now) is not None


def test_a_turn_within_patience_and_window_is_waited_for_and_no_other() -> None:
    full_one = World(free={VEO: 0})
    patient = job(patience_s=100)
    assert awaits(patient, full_one, QueuePosition(wait_s=100))
    assert not awaits(patient, full_one, QueuePosition(wait_s=100.1))
    assert not awaits(patient, full_one, QueuePosition(wait_s=50, waited_s=50.1))
    hurried = replace(patient, deadline=at(60))
    assert awaits(hurried, full_one, QueuePosition(wait_s=60))
    assert not awaits(hurried, full_one, QueuePosition(wait_s=60.1))
    # With an attempt behind it the time to make the video counts, too: 120 s.
    after_one = job(tried(KLING), patience_s=100, deadline=at(180))
    assert awaits(after_one, full_one, QueuePosition(wait_s=60))
    assert not awaits(after_one, full_one, QueuePosition(wait_s=60.1))


def test_a_retry_is_not_put_off_for_a_queue() -> None:
    world = World(free={VEO: 0}, unfit={SEEDANCE: "no"})
    assert not awaits(job(tried(KLING), patience_s=100), world, QueuePosition(wait_s=1))
    again = job(tried(KLING, stage=SUBMIT), patience_s=100)
    assert not awaits(again, World(free={VEO: 0}), QueuePosition(wait_s=1))
    panic = World(free={VEO: 0}, rows={p: row(p, D) for p in (KLING, SEEDANCE)})
    assert awaits(job(patience_s=100), panic, QueuePosition(wait_s=1))


def test_a_decision_to_wait_for_a_turn_looks_again_before_the_window_ends() -> None:
    around = replace(World(free={VEO: 0}).around(), queues={ROUTES[VEO][0]: QueuePosition(wait_s=5)})
    made = wait(decide(job(patience_s=90, deadline=at(5)), around, now=T0, health=HEALTH, routing=ROUTING))
    assert (made.at, made.why) == (at(5), "veo: all its slots are taken: its queue is about 5 s")
    assert isinstance(decision(job()), Try)


# What is asked.


def test_what_a_generation_is_to_routing() -> None:
    made = RoutedGeneration(chain=(VEO, KLING), deadline=at(9))
    assert (made.last_resort, made.fallback, made.tried, made.waits, made.patience_s) == (
        None,
        Fallback.ANY,
        (),
        0,
        0.0,
    )
    resort = replace(made, last_resort=WAN)
    assert {choice: replace(resort, fallback=choice).providers for choice in Fallback} == {
        Fallback.NEVER: (VEO,), Fallback.SAME_TIER: (VEO, KLING), Fallback.ANY: (VEO, KLING, WAN),
    }  # fmt: skip
    assert replace(resort, fallback=Fallback.NEVER).chain_and_last_resort == (VEO, KLING, WAN)


def test_what_an_attempt_is_to_routing() -> None:
    bare = Tried(route=ROUTES[VEO][0], provider=VEO, accepted=True)
    assert (bare.error_class, bare.refusal, bare.stage, bare.ended_at, bare.is_late, bare.is_hedge) == (
        None, None, Stage.RUN, None, False, False,
    )  # fmt: skip
    assert bare.is_try
    assert [replace(bare, error_class=error).is_try for error in ErrorClass] == [
        error is not ErrorClass.RATE_LIMITED for error in ErrorClass
    ]


def test_what_routing_knows_where_nobody_says() -> None:
    bare = RoutingContext(routes={}, health={}, p95_s={})
    assert bare.unfit(ROUTES[VEO][0]) is None
    assert (bare.free_slots, bare.tokens, bare.queues, bare.overspent, bare.extras, bare.jobs) == (
        {},
        {},
        {},
        {},
        {},
        0,
    )
    position = QueuePosition()
    assert (position.ahead, position.wait_s, position.waited_s) == (0, None, 0.0)


def test_what_is_skipped_for_now_may_change_and_a_full_route_says_its_line() -> None:
    world = World(rows={VEO: row(VEO, cooldown_until=at(30))}, free={KLING: 0}, unfit={SEEDANCE: "no"})
    planned = plan(job(), world.around(), now=T0, health=HEALTH, routing=ROUTING)
    found = {s.provider: (s.until, s.may_change, s.position is not None, s.is_fresh) for s in planned.skipped}
    assert found == {
        VEO: (at(30), True, False, False), KLING: (at(5), True, True, True), SEEDANCE: (None, False, False, False),
    }  # fmt: skip
    assert planned.queues == (ROUTES[KLING][0],)
    again = plan(job(tried(KLING)), world.around(), now=T0, health=HEALTH, routing=ROUTING)
    assert {s.provider: s.is_fresh for s in again.skipped}[KLING] is False


def test_money_that_is_used_up_keeps_a_route_out_and_may_change() -> None:
    around = replace(World().around(), overspent={ROUTES[VEO][0]: "its money is used up"})
    (skipped,) = plan(job(), around, now=T0, health=HEALTH, routing=ROUTING).skipped
    assert (skipped.reason, skipped.may_change, skipped.until) == ("its money is used up", True, None)


def test_a_failed_submit_earns_a_quick_retry_only_while_nothing_else_was_tried_after_it() -> None:
    a_job = job(tried(VEO, stage=SUBMIT), tried(KLING, stage=SUBMIT, ended=1))
    planned = plan(a_job, World().around(), now=at(1), health=HEALTH, routing=ROUTING)
    reasons = {c.provider: c.reason for c in planned.candidates}
    assert reasons[KLING] == "its first failed submit: once more"
    assert reasons[VEO] == "healthy, try 2"


def test_a_try_without_an_end_counts_from_now() -> None:
    unknown = replace(tried(VEO, stage=SUBMIT), ended_at=None)
    planned = plan(job(unknown), World().around(), now=at(5), health=HEALTH, routing=ROUTING)
    (veo,) = (c for c in planned.candidates if c.provider == VEO)
    assert veo.ready_at == at(5 + ROUTING.quick_retry_s)
