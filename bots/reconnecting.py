"""How long a bot waits before it opens another connection to its platform, from when it opened the last ones."""

from collections.abc import Sequence

WINDOW_S = 60.0
FREE = 3
"""Connections in a minute without a pause: platforms renew connections at times, and networks break."""
PAUSE_MOST_S = 60.0


def pause(opened: Sequence[float], *, now: float) -> float:
    """Seconds to wait before the next connection, given the times of the last ones, the latest last."""
    lately = sum(at > now - WINDOW_S for at in opened)
    if lately < FREE:
        return 0.0
    return max(0.0, min(PAUSE_MOST_S, 2.0 ** (lately - FREE)) - (now - opened[-1]))
