"""When to ask a vendor how a task stands: hardly before it can be done, densely around its expected end."""

POLL_LEAST_S = 2.0
POLL_MOST_S = 30.0
GROWTH = 0.08
"""Past the expected end the pause grows with the time that has passed."""


def first_poll_s(*, p5_s: float) -> float:
    """Seconds from acceptance to the first poll: near the fastest twentieth of what history says."""
    return max(POLL_LEAST_S, p5_s)


def next_poll_s(*, elapsed_s: float, p5_s: float, p95_s: float) -> float:
    """Seconds to the next poll of a task that is still running.

    Args:
        elapsed_s: since acceptance.
        p5_s, p95_s: of this route's history.
    """
    if elapsed_s < p5_s:
        return max(POLL_LEAST_S, p5_s - elapsed_s)
    if elapsed_s <= p95_s:
        return POLL_LEAST_S
    return min(POLL_MOST_S, max(POLL_LEAST_S, GROWTH * elapsed_s))


def failed_poll_s(*, failures: int, retry_after_s: float | None) -> float:
    """Seconds to the next try after a status request that failed; never evidence against the task."""
    return max(retry_after_s or 0.0, min(30.0, POLL_LEAST_S * 2.0 ** min(failures, 4)))
