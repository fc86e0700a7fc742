"""When to ask a vendor how a task stands: hardly before it can be done, densely around its expected end.

Dense polls cost most of what a process can do. When its polls come late it has too many of them, and asks less often.
"""

import math

from core.domain.backoff import backoff_s

POLL_LEAST_S = 2.0
POLL_MOST_S = 30.0
GROWTH = 0.08
"""Past the expected end the pause grows with the time that has passed."""
SPARSE_GROWTH = 0.15
"""The same at full load, from the first poll on: under half as many polls, and noticed 6 s late instead of 1."""

LAG_MOST_S = 0.5
"""Polls that start later than that mean a process beyond its limit."""
BUSY_MOST, BUSY_LEAST = 0.8, 0.5
"""Shares of a core. A process that takes more asks less often, one that takes less may ask more often; in between it
stays as it is, or it would swing: what a change does is seen only when the pauses that are under way have passed."""
RISES_S, FALLS_S = 10.0, 20.0
"""How long the load takes from room to limit, and back where next to nothing is to do."""
LOAD_START, LOAD_MAX = 1.0, 3.0
"""A process begins as if it were at its limit: it may have taken over thousands of tasks. Beyond its limit it asks at
most so many times less often than at it: better rarely than late."""


EARLY_ONE_IN, EARLY_SHARE = 8, 0.5
"""One task in so many is asked for after this share of the usual wait: a vendor that becomes faster would be seen by
nobody, if nobody looked before its fastest times of last week."""


def first_poll_s(*, p5_s: float, seed: int) -> float:
    """Seconds from acceptance to the first poll: near the fastest twentieth of what history says.

    Args:
        seed: of the task; it chooses the few that are looked at early.
    """
    return max(POLL_LEAST_S, p5_s if seed % EARLY_ONE_IN else p5_s * EARLY_SHARE)


def next_poll_s(*, elapsed_s: float, p5_s: float, p95_s: float, load: float = 0.0) -> float:
    """Seconds to the next poll of a task that is still running.

    Args:
        elapsed_s: since acceptance.
        p5_s, p95_s: of this route's history.
        load: of this process: 0 is room, 1 its limit, more is beyond it.
    """
    if elapsed_s < p5_s:
        return max(POLL_LEAST_S, p5_s - elapsed_s)
    dense_s = POLL_LEAST_S if elapsed_s <= p95_s else _bounded(GROWTH * elapsed_s)
    sparse_s = _bounded(SPARSE_GROWTH * elapsed_s)
    return dense_s + (sparse_s - dense_s) * load if load <= 1 else sparse_s * load


def spread_s(pause_s: float, *, seed: int) -> float:
    """A pause up to a tenth shorter or longer, so that tasks that were polled together do not come together again.

    Args:
        seed: of the task and the poll; the same gives the same.
    """
    return pause_s * (0.9 + 0.2 * (seed % 1009) / 1008)


def failed_poll_s(*, failures: int, retry_after_s: float | None) -> float:
    """Seconds to the next try after a status request that failed; never evidence against the task."""
    return max(retry_after_s or 0.0, backoff_s(failures + 1, first_s=POLL_LEAST_S, most_s=POLL_MOST_S))


def together_s(now_s: float, pause_s: float) -> float:
    """The same pause, up to 2 s longer, so that tasks which a vendor tells of in one answer fall due at one moment.

    Args:
        now_s: of a clock that all share.
    """
    return math.ceil((now_s + pause_s) / POLL_LEAST_S) * POLL_LEAST_S - now_s


MISSING_POLLS = 3
MISSING_FOR_S = 60.0
MISSING_EVERY_S = 20.0
"""A task that a vendor does not know any more is asked for so often, and lost only when so many polls in a row, over so
long, were told the same: lists lag behind, and some servers of a vendor know less than others."""


def is_lost(*, polls: int, for_s: float) -> bool:
    """Whether a task that was paid for is given up because its vendor says that it does not know it.

    Args:
        polls: how many in a row were told so, the last one among them.
        for_s: since the first of them.
    """
    return polls >= MISSING_POLLS and for_s >= MISSING_FOR_S


AGAIN_LEAST_S, AGAIN_MOST_S, AGAIN_GROWTH = 3.0, 60.0, 0.25


def again_s(*, since_s: float, retry_after_s: float | None) -> float:
    """Seconds to the next try at a finished video that cannot be had yet: ever more, the longer it takes."""
    return max(retry_after_s or 0.0, min(AGAIN_MOST_S, max(AGAIN_LEAST_S, AGAIN_GROWTH * since_s)))


def load_after(load: float, *, lag_s: float, busy: float, after_s: float) -> float:
    """The load of a process so many seconds after it was `load`.

    Args:
        lag_s: how late its most overdue poll starts.
        busy: which share of a core the process took meanwhile.
    """
    if lag_s > LAG_MOST_S or busy > BUSY_MOST:
        return min(LOAD_MAX, load + after_s / RISES_S)
    if busy < BUSY_LEAST:
        return max(0.0, load - after_s / FALLS_S * (1 - busy / BUSY_LEAST))
    return load


def _bounded(pause_s: float) -> float:
    return min(POLL_MOST_S, max(POLL_LEAST_S, pause_s))
