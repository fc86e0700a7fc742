"""Lets a burst of commands come in before it is worked on.

A command is a few milliseconds of a bot and of Postgres until its first message is up, and somebody looks at the chat
meanwhile; a video takes half a minute. On a machine that they share, a worker that begins at once takes the cores that
the rest of the burst waits for.
"""

from collections import deque

MANY = 8
WITHIN_S = 0.1
"""So many in so short a time are a burst; it is over when no more than that come."""
MOST_S = 1.0
"""No burst is waited for longer."""
BETWEEN_S = 10.0
"""How long after one that lasted so long nothing is held back: under steady load work goes on."""


class Arrivals:
    """What came in lately. `now` is seconds of any clock that does not go back."""

    def __init__(self) -> None:
        self._at: deque[float] = deque(maxlen=MANY + 1)
        self._began: float | None = None
        self._free_until = 0.0

    def note(self, now: float) -> None:
        """One more."""
        self._at.append(now)

    def wait_s(self, now: float) -> float:
        """For how many seconds nothing is to be begun; 0 outside of a burst."""
        if now < self._free_until or not self._is_burst(now):
            self._began = None
            return 0.0
        if self._began is None:
            self._began = now
        left_s = self._began + MOST_S - now
        if left_s <= 0:
            self._began, self._free_until = None, now + BETWEEN_S
            return 0.0
        return min(left_s, WITHIN_S)

    def _is_burst(self, now: float) -> bool:
        return len(self._at) > MANY and self._at[0] > now - WITHIN_S
