"""What the stand-ins share: how fast time runs for the vendors, the trouble that is on, and news for the page."""

import asyncio
import random
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

VENDORS = ("veo", "kling", "seedance", "hailuo", "wan")
PLATFORMS = ("slack", "discord")


class FaultKind(StrEnum):
    """What can go wrong with a vendor or a chat platform."""

    DOWN = "down"
    """Every request is refused with a 503."""
    ERRORS = "errors"
    """A share of all requests (`rate`) is answered with a server error."""
    SLOW = "slow"
    """Renders take four times as long; chat platforms answer a second late."""
    RATE_LIMITED = "rate_limited"
    """A share of the submits is answered with the vendor's 429."""
    REFUSED = "refused"
    """Content is refused, the vendor's way (at submit or in the run, as the vendor does)."""
    GONE = "gone"
    """The model has been retired."""
    LOST_REPLY = "lost_reply"
    """A submit is accepted and works, but the connection breaks before the reply."""
    BROKEN = "broken"
    """Chat platforms do what they were asked, and answer 200 with a body that is no answer."""
    HANG = "hang"
    """Tasks are accepted and never end."""
    FAIL_IN_RUN = "fail_in_run"
    """Tasks are accepted and fail while they run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that is wrong now: it hits a share `rate` (0–1) of what it applies to, until `until` (monotonic s)."""

    subject: str
    kind: FaultKind
    rate: float
    until: float | None


@dataclass(slots=True)
class World:
    """One sandbox: its home folder, its public address, its speed, its trouble, its news.

    Args:
        home: a folder for rendered clips and uploads.
        base_url: where this process is reached, such as http://127.0.0.1:8700.
        factor: vendors render this many times faster than the real ones.
        seed: makes latencies and dice repeatable.
    """

    home: Path
    base_url: str
    factor: float = 15.0
    seed: int | None = None
    dice: random.Random = field(init=False)
    _trouble: list[Trouble] = field(default_factory=list)
    _listeners: set[asyncio.Queue[dict[str, Any]]] = field(default_factory=set)
    recent: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=200))

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    def switch(self, subject: str, kind: FaultKind, *, rate: float = 1.0, seconds: float | None = None) -> None:
        """Switch one trouble on, in place of an earlier one of the same kind. Rate 0 switches it off."""
        self._trouble = [t for t in self.trouble() if (t.subject, t.kind) != (subject, kind)]
        if rate > 0:
            until = None if seconds is None else time.monotonic() + seconds
            self._trouble.append(Trouble(subject=subject, kind=kind, rate=rate, until=until))
        self.tell({"type": "trouble"})

    def calm(self) -> None:
        """Switch all trouble off."""
        self._trouble.clear()
        self.tell({"type": "trouble"})

    def trouble(self) -> list[Trouble]:
        """What is wrong now."""
        now = time.monotonic()
        return [t for t in self._trouble if t.until is None or t.until > now]

    def hits(self, subject: str, kind: FaultKind) -> bool:
        """Whether this trouble is on for this subject and the dice say it hits this time."""
        return any(t.subject == subject and t.kind is kind and self.dice.random() < t.rate for t in self.trouble())

    def tell(self, news: dict[str, Any]) -> None:
        """Tell every open page. `type` is message, ephemeral, modal, vendor, trouble, speed, or a platform's own."""
        self.recent.append(news)
        for queue in self._listeners:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(news)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["asyncio.Queue[dict[str, Any]]"]:
        """A queue of all news from now on; a reader that is 1,000 behind loses the oldest."""
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(maxsize=1000)
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)
