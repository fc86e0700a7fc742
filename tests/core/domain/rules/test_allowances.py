"""What one more request would overrun: each limit at, below and above, and which of several is named."""

import pytest

from core.domain.rules.allowances import Allowance, Overrun, Used, allowance, beyond
from core.domain.rules.kinds import EVERYBODY, RuleKind
from tests.core.domain.rules.cases import rules

VIDEOS, CREDITS, OPEN, WAIT = (
    RuleKind.VIDEOS_PER_DAY,
    RuleKind.CREDITS_PER_DAY,
    RuleKind.OPEN_MOST,
    RuleKind.WAIT_S,
)


def over(kind: RuleKind, most: int, used: Used) -> tuple[int, float | None] | None:
    """What is used, and when it is free again, of a limit that is overrun."""
    found = beyond(Allowance(limits={kind: most}), used)
    if found is None:
        return None
    assert (found.kind, found.most, found.rule) == (kind, most, None)
    return found.used, found.frees_s


@pytest.mark.parametrize(
    ("kind", "most", "used", "expected"),
    [
        (VIDEOS, 3, Used(videos=2, resets_s=60.0), None),
        (VIDEOS, 3, Used(videos=3, resets_s=60.0), (3, 60.0)),
        (VIDEOS, 3, Used(videos=4, resets_s=60.0), (4, 60.0)),
        (VIDEOS, 0, Used(), (0, 0.0)),
        (CREDITS, 30, Used(credits=20, needed=9, resets_s=60.0), None),
        (CREDITS, 30, Used(credits=20, needed=10, resets_s=60.0), None),
        (CREDITS, 30, Used(credits=20, needed=11, resets_s=60.0), (20, 60.0)),
        (CREDITS, 0, Used(), None),
        (CREDITS, 0, Used(credits=1), (1, 0.0)),
        (OPEN, 2, Used(open=1, resets_s=60.0), None),
        (OPEN, 2, Used(open=2, resets_s=60.0), (2, None)),
        (OPEN, 1, Used(), None),
        (WAIT, 10, Used(), None),
        (WAIT, 10, Used(since_s=0.0), (0, 10.0)),
        (WAIT, 10, Used(since_s=4.5), (4, 5.5)),
        (WAIT, 10, Used(since_s=9.75), (9, 0.25)),
        (WAIT, 10, Used(since_s=10.0), None),
        (WAIT, 0, Used(since_s=0.0), None),
    ],
)
def test_a_limit_is_overrun_by_one_more_than_it_says(
    kind: RuleKind, most: int, used: Used, expected: tuple[int, float | None] | None
) -> None:
    assert over(kind, most, used) == expected


def test_nothing_used_is_nothing_and_nobody_has_a_limit_by_default() -> None:
    assert Used() == Used(videos=0, credits=0, open=0, since_s=None, needed=0, resets_s=0.0)
    assert Allowance() == Allowance(limits={}, rules={})
    assert beyond(Allowance(), Used(videos=10**6, credits=10**9, open=10**4, since_s=0.0)) is None


def test_the_first_limit_that_is_overrun_is_named_with_its_rule() -> None:
    found = rules((VIDEOS, EVERYBODY, 5), (OPEN, "r1", 1), (WAIT, EVERYBODY, 30))
    has = allowance(found, (EVERYBODY, "r1"), open_most=3)
    assert dict(has.limits) == {VIDEOS: 5, OPEN: 1, WAIT: 30}
    assert dict(has.rules) == {rule.kind: rule for rule in found.all}
    used = Used(videos=5, open=1, since_s=1.0, resets_s=7.0)
    assert beyond(has, used) == Overrun(kind=VIDEOS, most=5, used=5, frees_s=7.0, rule=found.all[0])
    assert beyond(has, Used(open=1, since_s=1.0)) == Overrun(kind=OPEN, most=1, used=1, frees_s=None, rule=found.all[1])
    assert beyond(has, Used(since_s=1.0)) == Overrun(kind=WAIT, most=30, used=1, frees_s=29.0, rule=found.all[2])


def test_without_a_rule_the_usual_number_of_open_requests_is_the_limit_and_no_rules_own() -> None:
    has = allowance(rules((VIDEOS, "r2", 5)), (EVERYBODY, "r1"), open_most=3)
    assert (dict(has.limits), dict(has.rules)) == ({OPEN: 3}, {})
    assert beyond(has, Used(open=3)) == Overrun(kind=OPEN, most=3, used=3, frees_s=None, rule=None)
