"""What `failover` compares with: one vendor alone, the static chain, a chain with a fixed cooldown, LiteLLM's Router.

All of them try each vendor of the chain once, in order, and go on when an attempt fails or runs into its timeout.
"""

import heapq
import math
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from benchmarks.failover.tally import Tally
from benchmarks.failover.world import WINDOW_S, End, Request, World, p95_s
from core.domain.health.config import LatencyConfig

LATENCY = LatencyConfig()
LATE_S = 1_800.0


def timeout_s(vendor: str) -> float:
    """How long every policy waits for an attempt."""
    limit = LATENCY.timeout_factor * p95_s(vendor)
    return min(LATENCY.timeout_max_s, max(LATENCY.timeout_min_s, limit))


class Clock:
    """Simulated time: what is to happen, in order."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._n = 0

    def at(self, when: float, what: Callable[[], None]) -> None:
        if math.isfinite(when):
            self._n += 1
            heapq.heappush(self._due, (max(when, self.now), self._n, what))

    def run(self) -> None:
        while self._due:
            self.now, _, what = heapq.heappop(self._due)
            what()


class Breaker(Protocol):
    """Which vendors of a chain are left out for now."""

    def allows(self, vendor: str, now: float) -> bool: ...

    def failed(self, vendor: str, end: End, now: float) -> None: ...

    def succeeded(self, vendor: str, now: float) -> None: ...


class NoBreaker:
    """Every vendor is always asked."""

    def allows(self, vendor: str, now: float) -> bool:
        return True

    def failed(self, vendor: str, end: End, now: float) -> None:
        """Nothing is remembered."""

    def succeeded(self, vendor: str, now: float) -> None:
        """Nothing is remembered."""


class FixedCooldown:
    """Three failures in a row, of whatever kind, take a vendor out for 60 s; a 429 does so at once."""

    FAILURES, COOLDOWN_S = 3, 60.0

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._bad: Counter[str] = Counter()
        self._until: dict[str, float] = {}

    def allows(self, vendor: str, now: float) -> bool:
        return now >= self._until.get(vendor, 0.0)

    def failed(self, vendor: str, end: End, now: float) -> None:
        if end is End.RATE_LIMITED:
            self._until[vendor] = now + self.COOLDOWN_S
            return
        self._bad[vendor] += 1
        if self._bad[vendor] >= self.FAILURES and self.allows(vendor, now):
            self._until[vendor] = now + self.COOLDOWN_S
            self._tally.demotions.append((vendor, now))

    def succeeded(self, vendor: str, now: float) -> None:
        self._bad[vendor] = 0


def run_chain(world: World, *, breaker: Callable[[Tally], Breaker] | None = None, length: int | None = None) -> Tally:
    """The figures of a chain that is tried once in order, with the vendors left out that the breaker leaves out.

    Args:
        world: what happens.
        breaker: makes the breaker; none asks everybody.
        length: how many vendors of the chain are used.
    """
    tally, clock = Tally(world), Clock()
    gate: Breaker = breaker(tally) if breaker else NoBreaker()

    def attempt(request: Request, position: int) -> None:
        chain = request.chain[:length]
        while position < len(chain) and not gate.allows(chain[position], clock.now):
            position += 1
        if position >= len(chain) or clock.now >= request.at + WINDOW_S:
            return
        vendor = chain[position]
        tally.submits += 1
        fate = tally.fate(request, vendor, 0, clock.now)
        limit_s = min(timeout_s(vendor), request.at + WINDOW_S - clock.now)

        def ends() -> None:
            if fate.end is End.OK:
                gate.succeeded(vendor, clock.now)
                tally.deliver(request, clock.now)
            else:
                gate.failed(vendor, fate.end, clock.now)
                attempt(request, position + 1)

        def times_out() -> None:
            gate.failed(vendor, End.NEVER, clock.now)
            if fate.end is End.OK and fate.after_s < limit_s + LATE_S:
                tally.waste(vendor)
            attempt(request, position + 1)

        if fate.after_s <= limit_s:
            clock.at(clock.now + fate.after_s, ends)
        else:
            clock.at(clock.now + limit_s, times_out)

    for request in world.requests:
        if not request.is_poison:
            tally.asked[request.tier] += 1
        clock.at(request.at, lambda request=request: attempt(request, 0))  # type: ignore[misc]  # bound now on purpose
    clock.run()
    return tally
