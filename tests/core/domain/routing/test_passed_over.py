"""Whom a choice passed over, and why: by the plan that it was chosen from."""

from dataclasses import replace

import pytest

from core.domain.generations.passed_over import WhyPassed
from core.domain.health.route_health import HealthState
from core.domain.ids import ProviderName
from core.domain.routing.decisions import RoutedGeneration, Try
from core.domain.routing.passed_over import passed_over
from tests.core.domain.routing.test_router import KLING, SEEDANCE, VEO, WAN, World, at, decision, job, row, tried

DEMOTED, HELD = HealthState.DEMOTED, HealthState.HELD


def _passed(a_job: RoutedGeneration, world: World) -> list[tuple[ProviderName, WhyPassed]]:
    made = decision(a_job, world)
    assert isinstance(made, Try), made
    return [(each.provider, each.why) for each in passed_over(a_job, made.plan, made.candidate)]


@pytest.mark.parametrize(
    ("world", "why"),
    [
        (World(rows={VEO: row(VEO, DEMOTED)}), WhyPassed.TROUBLE),
        (World(rows={VEO: row(VEO, HELD)}), WhyPassed.HELD),
        (World(rows={VEO: row(VEO, cooldown_until=at(60))}), WhyPassed.FULL),
        (World(free={VEO: 0}), WhyPassed.FULL),
        (World(unfit={VEO: "no first frame"}), WhyPassed.UNABLE),
    ],
)
def test_who_was_only_set_aside_is_named_with_the_reason(world: World, why: WhyPassed) -> None:
    assert _passed(job(), world) == [(VEO, why)]


def test_nobody_was_passed_over_where_the_first_of_the_chain_is_chosen() -> None:
    assert _passed(job(), World()) == []
    assert _passed(job(), World(rows={KLING: row(KLING, DEMOTED)})) == [], "it stands behind the chosen one"


def test_who_was_asked_is_told_of_by_the_attempt_and_not_here() -> None:
    world = World(rows={VEO: row(VEO, DEMOTED), KLING: row(KLING, DEMOTED)})
    assert _passed(job(tried(VEO)), world) == [(KLING, WhyPassed.TROUBLE)]


def test_among_equals_in_trouble_the_one_that_is_tried_passed_nobody_over() -> None:
    everybody = World(rows={each: row(each, DEMOTED) for each in (VEO, KLING, SEEDANCE, WAN)})
    assert _passed(job(), everybody) == []


def test_of_whom_a_plan_says_nothing_nothing_is_told() -> None:
    a_job = job()
    made = decision(a_job, World(rows={VEO: row(VEO, DEMOTED)}))
    assert isinstance(made, Try)
    assert made.candidate.provider == KLING
    empty = replace(made.plan, candidates=(), skipped=())
    assert passed_over(a_job, empty, made.candidate) == ()
