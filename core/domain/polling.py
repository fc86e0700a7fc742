"""When to ask a vendor how a task stands: hardly before it can be done, densely around its expected end.

Dense polls cost most of what a process can do. When its polls come late it has too many of them, and asks less often.
"""

POLL_LEAST_S = 2.0
POLL_MOST_S = 30.0
GROWTH = 0.08
"""Past the expected end the pause grows with the time that has passed."""
SPARSE_GROWTH = 0.15
"""The same at full load, from the first poll on: under half as many polls, and noticed 6 s late instead of 1."""

LAG_FINE_S, LAG_FULL_S = 1.0, 2.0
"""Polls that start so late mean a process with room (it looks once a second when it is quiet), and one at its limit."""
RISES, FALLS = 0.5, 0.1
"""The share of the way to the load just measured that one measurement moves it: up quickly, down slowly."""


def first_poll_s(*, p5_s: float) -> float:
    """Seconds from acceptance to the first poll: near the fastest twentieth of what history says."""
    return max(POLL_LEAST_S, p5_s)


def next_poll_s(*, elapsed_s: float, p5_s: float, p95_s: float, load: float = 0.0) -> float:
    """Seconds to the next poll of a task that is still running.

    Args:
        elapsed_s: since acceptance.
        p5_s, p95_s: of this route's history.
        load: of this process, from 0, room, to 1, its limit.
    """
    if elapsed_s < p5_s:
        return max(POLL_LEAST_S, p5_s - elapsed_s)
    dense_s = POLL_LEAST_S if elapsed_s <= p95_s else _bounded(GROWTH * elapsed_s)
    sparse_s = _bounded(SPARSE_GROWTH * elapsed_s)
    return dense_s + (sparse_s - dense_s) * load


def failed_poll_s(*, failures: int, retry_after_s: float | None) -> float:
    """Seconds to the next try after a status request that failed; never evidence against the task."""
    return max(retry_after_s or 0.0, min(30.0, POLL_LEAST_S * 2.0 ** min(failures, 4)))


def load_after(load: float, *, lag_s: float) -> float:
    """The load of a process whose most overdue poll starts `lag_s` late, from 0, room, to 1, its limit."""
    measured = min(1.0, max(0.0, (lag_s - LAG_FINE_S) / (LAG_FULL_S - LAG_FINE_S)))
    return load + (measured - load) * (RISES if measured > load else FALLS)


def _bounded(pause_s: float) -> float:
    return min(POLL_MOST_S, max(POLL_LEAST_S, pause_s))
