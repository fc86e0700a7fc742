"""How long to wait before another try, the same everywhere: twice as long each time, up to a limit."""

_DOUBLINGS_MAX = 32
"""A float holds any such number; every limit of ours is reached long before."""


def backoff_s(failures: int, *, first_s: float, most_s: float) -> float:
    """Seconds to wait after so many failures in a row.

    Args:
        failures: 1 after the first one. With 0 and less there is nothing to wait for.
        first_s: after the first failure.
        most_s: never longer than that.
    """
    if failures < 1:
        return 0.0
    return min(most_s, first_s * 2.0 ** min(failures - 1, _DOUBLINGS_MAX))
