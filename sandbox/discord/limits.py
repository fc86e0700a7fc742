"""Discord's limits: so many requests of a route in a channel, and so many of an application, with their headers."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

WINDOWS_MAX = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """`many` requests in `window_s` seconds."""

    many: int
    window_s: float


LENIENT = Limit(many=1000, window_s=1.0)
TRUE = {
    "POST /channels/{channel}/messages": Limit(many=5, window_s=5.0),
    "PATCH /channels/{channel}/messages/{message}": Limit(many=5, window_s=5.0),
    "DELETE /channels/{channel}/messages/{message}": Limit(many=5, window_s=1.0),
    "GET /channels/{channel}/messages": Limit(many=5, window_s=5.0),
    "POST /webhooks/{application}/{token}": Limit(many=5, window_s=2.0),
    "PATCH /webhooks/{application}/{token}/messages/@original": Limit(many=5, window_s=2.0),
}
"""By route, what bots have measured (2026-11-22); others are not limited by themselves."""
GLOBAL = Limit(many=50, window_s=1.0)
THREADS = "POST /channels/{channel}/messages/{message}/threads"


@dataclass(slots=True)
class _Window:
    ends_at: float
    used: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a request is told of its limit. `wait_s`: it is over it; None: it may go on."""

    limit: int
    remaining: int
    reset_s: float
    wait_s: float | None = None
    is_global: bool = False


@dataclass(slots=True)
class Meter:
    """What has been used.

    Args:
        is_true: limits are Discord's; else there are none to speak of.
        threads_per_10s: how many threads may be opened in a channel in 10 s; 0: as many as anybody likes.
    """

    clock: Callable[[], float] = time.monotonic
    is_true: bool = False
    threads_per_10s: float = 0.0
    _windows: dict[tuple[str, str], _Window] = field(default_factory=dict)

    def take(self, route: str, major: str, *, counts_globally: bool) -> Verdict:
        """One request of a route; `major` is the channel or webhook that it is counted by."""
        if self.is_true and counts_globally:
            whole = self._count("global", "", GLOBAL)
            if whole.wait_s is not None:
                return Verdict(limit=50, remaining=0, reset_s=whole.reset_s, wait_s=whole.wait_s, is_global=True)
        limit = TRUE.get(route, LENIENT) if self.is_true else LENIENT
        if route == THREADS and self.threads_per_10s:
            limit = Limit(many=math.ceil(self.threads_per_10s), window_s=10.0)
        return self._count(route, major, limit)

    def _count(self, route: str, major: str, limit: Limit) -> Verdict:
        now = self.clock()
        if len(self._windows) > WINDOWS_MAX:
            self._windows = {key: window for key, window in self._windows.items() if window.ends_at > now}
        window = self._windows.get((route, major))
        if window is None or window.ends_at <= now:
            window = self._windows[route, major] = _Window(ends_at=now + limit.window_s)
        reset_s = window.ends_at - now
        if window.used >= limit.many:
            return Verdict(limit=limit.many, remaining=0, reset_s=reset_s, wait_s=reset_s)
        window.used += 1
        return Verdict(limit=limit.many, remaining=limit.many - window.used, reset_s=reset_s)
