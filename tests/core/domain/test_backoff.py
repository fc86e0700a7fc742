"""One function says how long to wait before another try."""

import pytest

from core.domain.backoff import backoff_s


@pytest.mark.parametrize(
    ("failures", "wait_s"),
    [(-1, 0.0), (0, 0.0), (1, 0.5), (2, 1.0), (3, 2.0), (7, 32.0), (8, 60.0), (9, 60.0), (10**9, 60.0)],
)
def test_it_doubles_from_the_first_to_the_limit(failures: int, wait_s: float) -> None:
    assert backoff_s(failures, first_s=0.5, most_s=60.0) == wait_s


def test_a_limit_below_the_first_wait_is_kept() -> None:
    assert backoff_s(1, first_s=5.0, most_s=2.0) == 2.0
