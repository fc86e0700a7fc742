"""One vendor's tasks: accepts jobs, throws the dice of trouble, keeps the log, and announces every change of state."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from enum import StrEnum
from hashlib import sha256
from itertools import islice
from typing import Any

from sandbox.render import Clip
from sandbox.vendors.tasks import End, Phase, Task, draw_times
from sandbox.world import FaultKind, World

ENDED_KEPT = 3000
LOG_TASKS = 50
PROMPT_LOGGED = 500

SUCCESSORS = {
    "veo": ("gemini-omni-",),
    "kling": ("kling-4",),
    "seedance": tuple(f"{maker}-seedance-{name}" for maker in ("dreamina", "doubao") for name in ("2-0-260", "2-5-")),
    "hailuo": ("MiniMax-H3",),
    "wan": ("wan2.5", "wan2.6", "wan2.7", "wan3"),
}
"""Models that answer on while the trouble `gone` has retired the others (checked 2026-11-22)."""


class Refusal(StrEnum):
    """When a vendor refuses content."""

    AT_SUBMIT = "at_submit"
    IN_RUN = "in_run"


class TaskStore:
    """What one vendor knows.

    Args:
        vendor: one of the five names.
        world: trouble, speed, dice and news.
        clock: unix time.
    """

    def __init__(self, vendor: str, world: World, *, clock: Callable[[], float] = time.time) -> None:
        self.vendor = vendor
        self.submits = 0
        self.polls = 0
        self._world = world
        self._clock = clock
        self._accepted = 0
        self._tasks: dict[str, Task] = {}
        self._planned: deque[End] = deque()
        self._listeners: dict[str, Callable[[Task, Phase], None]] = {}

    def now(self) -> float:
        return self._clock()

    def hits(self, kind: FaultKind) -> bool:
        """Whether this trouble strikes now."""
        return self._world.hits(self.vendor, kind)

    def gone(self, model: str) -> bool:
        """Whether this model has been retired; a successor never is."""
        return not model.startswith(SUCCESSORS.get(self.vendor, ())) and self.hits(FaultKind.GONE)

    def refusal(self, prompt: str) -> Refusal | None:
        """Whether content is refused, and when. The same prompt is always refused the same way."""
        if not self.hits(FaultKind.REFUSED):
            return None
        return Refusal.AT_SUBMIT if variant(prompt, of=2) == 0 else Refusal.IN_RUN

    def retry_after_s(self) -> int:
        """What a throttled caller is told to wait: half a minute at the real speed."""
        return max(1, round(30 / self._world.factor))

    def plan(self, *ends: End) -> None:
        """Decide how the next tasks end, whatever trouble is on."""
        self._planned.extend(ends)

    def accept(
        self,
        task_id: str,
        *,
        clip: Clip,
        end: End | None = None,
        host: str = "",
        external_id: str = "",
        callback_url: str = "",
        expires_after_s: float | None = None,
        wire: dict[str, Any] | None = None,
        on_change: Callable[[Task, Phase], None] | None = None,
    ) -> Task:
        """Take a job. `end`, where given, is how it ends; otherwise plan, trouble and dice decide.

        `on_change` hears of every phase, the first one included, from the event loop.
        """
        now = self.now()
        slow = self.hits(FaultKind.SLOW)
        times = draw_times(vendor=self.vendor, now=now, factor=self._world.factor, slow=slow, dice=self._world.dice)
        task = Task(
            id=task_id,
            vendor=self.vendor,
            model=clip.model,
            clip=clip,
            end=end or self._drawn_end(),
            times=times,
            host=host,
            external_id=external_id,
            callback_url=callback_url,
            wire=wire or {},
        )
        if expires_after_s is not None:
            task.expires_at = now + expires_after_s
        self._forget_old()
        self._tasks[task.id] = task
        if on_change is not None:
            self._listeners[task.id] = on_change
        self._announce(task, Phase.QUEUED)
        loop = asyncio.get_running_loop()
        loop.call_later(times.starts_at - now, self._announce, task, Phase.RUNNING)
        ends_at = min(times.finishes_at if task.end is not End.NEVER else math.inf, task.expires_at)
        if ends_at < math.inf:
            loop.call_later(ends_at - now, self._announce, task, None)
        return task

    def cancel(self, task: Task) -> bool:
        """Stop a task that has not ended; false if it has."""
        if self.phase(task).ended:
            return False
        task.cancelled_at = self.now()
        self._announce(task, Phase.CANCELLED)
        return True

    def remove(self, task: Task) -> None:
        """Forget a task."""
        self._tasks.pop(task.id, None)
        self._listeners.pop(task.id, None)

    def phase(self, task: Task) -> Phase:
        return task.phase(self.now())

    def find(self, task_id: str, *, host: str = "") -> Task | None:
        """A task that was asked of this host: the vendor itself, or the aggregator of that name."""
        task = self._tasks.get(task_id)
        return task if task is not None and task.host == host else None

    def find_external(self, external_id: str) -> list[Task]:
        """All tasks under the caller's own id, oldest first."""
        return [task for task in self._tasks.values() if external_id and task.external_id == external_id]

    def newest(self, *, within_s: float, host: str = "") -> list[Task]:
        """The tasks of the last so many seconds that were asked of this host, newest first."""
        since = self.now() - within_s
        return [task for task in reversed(self._tasks.values()) if task.host == host and task.times.created >= since]

    def asked(self) -> dict[str, Any]:
        """What this vendor was asked: the shape of one entry of `GET /api/vendors`."""
        last = reversed(list(islice(reversed(self._tasks.values()), LOG_TASKS)))
        return {
            "submits": self.submits,
            "polls": self.polls,
            "tasks": [
                {
                    "id": task.id,
                    "state": self.phase(task).value,
                    "prompt": task.clip.prompt[:PROMPT_LOGGED],
                    "at": task.times.created,
                }
                for task in last
            ],
        }

    def _drawn_end(self) -> End:
        if self._planned:
            return self._planned.popleft()
        if self.hits(FaultKind.HANG):
            return End.NEVER
        return End.FAIL if self.hits(FaultKind.FAIL_IN_RUN) else End.SUCCEED

    def _announce(self, task: Task, phase: Phase | None) -> None:
        """Tell of a phase as it begins; timers that a cancel has overtaken say nothing."""
        if task.cancelled_at is not None and phase is not Phase.CANCELLED:
            return
        phase = phase or task.phase(max(self.now(), min(task.times.finishes_at, task.expires_at)))
        if phase is not Phase.RUNNING:
            event = "ended" if phase.ended else "submitted"
            news = {"type": "vendor", "vendor": self.vendor, "event": event, "task": task.id, "state": phase.value}
            self._world.tell(news)
        listener = self._listeners.get(task.id)
        if phase.ended:
            self._listeners.pop(task.id, None)
        if listener is not None:
            listener(task, phase)

    def _forget_old(self) -> None:
        """Keep everything in flight and the last few thousand that have ended."""
        self._accepted += 1
        if self._accepted % ENDED_KEPT:
            return
        now = self.now()
        ended = [task.id for task in self._tasks.values() if task.phase(now).ended]
        for task_id in ended[:-ENDED_KEPT]:
            del self._tasks[task_id]


def variant(text: str, *, of: int) -> int:
    """A number below `of` that the text decides, so that a prompt always meets the same variant of an answer."""
    return sha256(text.encode()).digest()[0] % of
