"""How much evidence it takes: the numbers of the design, found again by simulation with fixed seeds."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import mean
from uuid import UUID

import pytest

from core.domain.errors import ErrorClass
from core.domain.generations.retry import Stage
from core.domain.health import health_score
from core.domain.health.config import HealthConfig
from core.domain.health.events import AttemptFacts, AttemptFailed, AttemptSucceeded
from core.domain.health.route_health import AttemptRef, HealthState, RouteHealth, new_route
from core.domain.health.state_machine import step
from core.domain.ids import GenerationId, MemberId, RouteKey

CONFIG = HealthConfig()
T0 = datetime(2026, 11, 22, 12, tzinfo=UTC)
FACTS = AttemptFacts(ref=AttemptRef(GenerationId(UUID(int=1)), 1), epoch=0)
OK = AttemptSucceeded(attempt=FACTS, slow=False)
BAD = AttemptFailed(attempt=FACTS, error_class=ErrorClass.TRANSIENT_SERVER, stage=Stage.RUN)


def busy(per_hour: float) -> RouteHealth:
    row = new_route(RouteKey("seedance.ark"), now=T0, slots=10, hedge_tokens=10.0)
    return replace(row, rate=per_hour, rate_at=T0)


def attempts_to_trip(*, error_rate: float, per_hour: float, rng: random.Random) -> int:
    row, now = busy(per_hour), T0
    every = timedelta(seconds=3600 / per_hour)
    for n in range(1, 5000):
        now += every
        row = replace(row, rate=per_hour, rate_at=now)
        row = step(row, BAD if rng.random() < error_rate else OK, now, CONFIG).row
        if row.state is HealthState.DEMOTED:
            return n
    raise AssertionError("it never tripped")


@pytest.mark.parametrize(
    ("error_rate", "expected"),
    [(1.0, (3, 4, 5)), (0.6, (5, 7, 9)), (0.45, (8, 11, 13)), (0.3, (14, 19, 25))],
)
def test_a_failing_route_is_demoted_within_the_promised_number_of_attempts(
    error_rate: float, expected: tuple[int, int, int]
) -> None:
    rng = random.Random(20261122)
    for per_hour, attempts in zip((60, 600, 6000), expected, strict=True):
        found = mean(attempts_to_trip(error_rate=error_rate, per_hour=per_hour, rng=rng) for _ in range(120))
        assert found == pytest.approx(attempts, rel=0.15)


@pytest.mark.parametrize(
    ("error_rate", "attempts", "trips_max"),
    [(0.01, 15_000, 1), (0.02, 15_000, 4), (0.05, 8_000, 20)],
)
def test_a_route_with_the_errors_it_is_allowed_is_hardly_ever_demoted(
    error_rate: float, attempts: int, trips_max: int
) -> None:
    rng = random.Random(7)
    row, now, trips = busy(60), T0, 0
    for _ in range(attempts):
        now += timedelta(minutes=1)
        row = step(row, BAD if rng.random() < error_rate else OK, now, CONFIG).row
        if row.state is HealthState.DEMOTED:
            trips += 1
            row = replace(busy(60), score_at=now, since=now, e_at=now)
    assert trips <= trips_max


@pytest.mark.parametrize(
    ("per_hour", "expected"), [(0, 5.0), (1, 5.0), (60, 5.0), (600, 7.0), (6000, 9.0), (100_000, 9.0)]
)
def test_busier_routes_need_more_evidence(per_hour: float, expected: float) -> None:
    assert health_score.threshold(busy(per_hour), T0, CONFIG) == pytest.approx(expected)


def test_evidence_halves_every_half_hour() -> None:
    row = replace(busy(1), score=4.0)
    for minutes, left in ((0, 4.0), (30, 2.0), (60, 1.0), (90, 0.5)):
        assert health_score.score(row, T0 + timedelta(minutes=minutes), CONFIG) == pytest.approx(left)


def test_the_rate_is_the_number_of_attempts_in_about_the_last_hour() -> None:
    row, now = busy(1e-9), T0
    for _ in range(600):
        now += timedelta(seconds=30)
        row = health_score.counted_start(row, now, CONFIG)
    assert health_score.rate(row, now, CONFIG) == pytest.approx(120, rel=0.02)


def blame(n: int, *, member: int, at: datetime = T0, epoch: int = 0, factor: float = 1.0) -> health_score.Blame:
    ref = AttemptRef(GenerationId(UUID(int=n)), 1)
    return health_score.Blame(ref=ref, member=MemberId(member), epoch=epoch, at=at, counted=2.0, factor=factor)


def test_a_members_bad_outcomes_count_one_a_half_and_nothing() -> None:
    facts = replace(FACTS, ref=AttemptRef(GenerationId(UUID(int=99)), 1), member=MemberId(5))
    known: list[health_score.Blame] = []
    factors = []
    for n in range(4):
        factor = health_score.standing(facts, known, now=T0, config=CONFIG).factor
        factors.append(factor)
        known.append(blame(n, member=5, factor=factor))
    assert factors == [1.0, 0.5, 0.0, 0.0]


def test_other_members_outcomes_do_not_damp_mine() -> None:
    facts = replace(FACTS, ref=AttemptRef(GenerationId(UUID(int=99)), 1), member=MemberId(5))
    known = [blame(n, member=6) for n in range(10)]
    assert health_score.standing(facts, known, now=T0, config=CONFIG).factor == 1.0


def test_an_attempt_keeps_the_share_that_it_started_with() -> None:
    facts = replace(FACTS, ref=AttemptRef(GenerationId(UUID(int=3)), 1), member=MemberId(5))
    known = [blame(1, member=5), blame(2, member=5), blame(3, member=5, factor=0.5)]
    standing = health_score.standing(facts, known, now=T0, config=CONFIG)
    assert (standing.counted, standing.factor) == (2.0, 0.5)


def test_after_half_an_hour_a_member_counts_again_but_never_for_more_than_two_timeouts_at_once() -> None:
    facts = replace(FACTS, ref=AttemptRef(GenerationId(UUID(int=99)), 1), member=MemberId(5))
    known = [blame(1, member=5), blame(2, member=5, factor=0.5)]
    later = T0 + timedelta(minutes=30)
    assert health_score.standing(facts, known, now=later, config=CONFIG).factor == pytest.approx(0.75)
    much_later = T0 + timedelta(hours=2)
    assert health_score.standing(facts, known, now=much_later, config=CONFIG).factor == 1.0


def test_the_evidence_is_a_sentence_an_operator_can_read() -> None:
    row, now = busy(1), T0
    for n, (error, stage, after_s) in enumerate(
        [
            (ErrorClass.CAPACITY, Stage.SUBMIT, 0),
            (ErrorClass.TASK_GONE, Stage.RUN, 100),
            (ErrorClass.CAPACITY, Stage.SUBMIT, 20),
        ]
    ):
        now += timedelta(seconds=after_s)
        facts = replace(FACTS, ref=AttemptRef(GenerationId(UUID(int=n)), 1))
        row = health_score.with_bad(row, AttemptFailed(attempt=facts, error_class=error, stage=stage), now, CONFIG)
    words = health_score.in_words(row, now, CONFIG)
    assert words["text"] == "2 submit failures and 1 run failure in 2 min"
    assert (words["submit"], words["run"], words["threshold"]) == (2, 1, 5.0)


def test_a_filter_that_refuses_most_requests_is_an_alarm() -> None:
    assert health_score.refusals_alarm(refused=11, total=20, config=CONFIG)
    assert not health_score.refusals_alarm(refused=10, total=20, config=CONFIG)
    assert not health_score.refusals_alarm(refused=19, total=19, config=CONFIG)
