"""How durations of the real world become durations here, and back."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.time_scale import REAL_TIME, TimeScale


def test_a_faster_world_takes_shorter_and_does_more_often() -> None:
    fast = TimeScale(15)
    assert (fast.scaled(60), fast.real_s(4), fast.rate(2)) == (4, 60, 30)
    assert (REAL_TIME.scaled(60), REAL_TIME.real_s(60), REAL_TIME.rate(2)) == (60, 60, 2)


@given(st.floats(0.1, 1000), st.floats(0, 1e6))
def test_there_and_back_is_where_it_began(factor: float, duration_s: float) -> None:
    scale = TimeScale(factor)
    # No clock counts less than a nanosecond; near the smallest float, half of a duration is none.
    assert math.isclose(scale.real_s(scale.scaled(duration_s)), duration_s, rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.parametrize("wrong", [0, -1, math.nan, math.inf])
def test_no_time_scale_is_0_or_less_or_no_number(wrong: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        TimeScale(wrong)
