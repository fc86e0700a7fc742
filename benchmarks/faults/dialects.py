"""How four vendors put it: which request is what, and how a task's state is said. Facts of 2026-11-30."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from benchmarks.faults.wire import Asked, Said, says
from core.domain.ids import ProviderName, RouteKey
from core.domain.requests.tiers import KLING, SEEDANCE, VEO, WAN

QUEUED_S = 5.0
"""How long a task can still be cancelled."""


class Op(StrEnum):
    """What a request is about."""

    SUBMIT = "submit"
    POLL = "poll"
    FIND = "find"
    CANCEL = "cancel"
    FILE = "file"


@dataclass(slots=True)
class Task:
    """A job that a vendor has taken, in seconds of the simulated clock. `ours`: the id that the client gave."""

    id: str
    ours: str
    seed: object
    begun: float
    ends: float
    callback: str | None
    cancelled: bool = False
    fails: Said | None = None
    """What a poll says once it has ended, where that is no success."""
    served: int = 0
    """How often its file was fetched whole."""
    facts: dict[str, object] = field(default_factory=dict)

    def is_over(self, now: float) -> bool:
        return self.cancelled or now >= self.ends

    def is_billed(self, now: float) -> bool:
        return now >= self.ends and not self.cancelled and self.fails is None

    def is_queued(self, now: float) -> bool:
        return now < self.begun + QUEUED_S


class Dialect(Protocol):
    """One vendor's wire."""

    provider: ProviderName
    route: RouteKey

    def op(self, asked: Asked) -> Op: ...
    def named(self, asked: Asked) -> str: ...
    def ours(self, asked: Asked) -> tuple[str, object, str | None]: ...
    def accepted(self, task: Task) -> Said: ...
    def state(self, task: Task, *, now: float, url: str) -> Said: ...
    def listed(self, tasks: Sequence[Task], *, now: float) -> Said: ...
    def failed(self, task: Task, *, code: str, words: str) -> Said: ...
    def refuses(self, status: int, *, code: str, words: str) -> Said: ...
    def unknown(self) -> Said: ...


class KlingWire:
    provider, route = KLING, RouteKey("kling.api")

    def op(self, asked: Asked) -> Op:
        if asked.method == "POST":
            return Op.SUBMIT
        return Op.FIND if "external_task_ids" in asked.query else Op.POLL

    def named(self, asked: Asked) -> str:
        return asked.query.get("task_ids", asked.query.get("external_task_ids", ""))

    def ours(self, asked: Asked) -> tuple[str, object, str | None]:
        options = asked.body["options"]
        return options["external_task_id"], None, options.get("callback_url")

    def _task(self, task: Task, status: str, **more: object) -> dict[str, object]:
        return {"id": task.id, "status": status, "external_id": task.ours, "message": "", **more}

    def _ok(self, data: object) -> Said:
        return says({"code": 0, "message": "SUCCEED", "data": data})

    def accepted(self, task: Task) -> Said:
        return self._ok(self._task(task, "submitted"))

    def state(self, task: Task, *, now: float, url: str) -> Said:
        if not task.is_over(now):
            return self._ok([self._task(task, "processing")])
        outputs = [{"type": "video", "url": url}]
        return self._ok([self._task(task, "succeeded", outputs=outputs, update_time=int(task.ends * 1000))])

    def listed(self, tasks: Sequence[Task], *, now: float) -> Said:
        return self._ok([self._task(task, "processing") for task in tasks if not task.is_over(now)])

    def failed(self, task: Task, *, code: str, words: str) -> Said:
        return self._ok([{**self._task(task, "failed"), "message": words}])

    def refuses(self, status: int, *, code: str, words: str) -> Said:
        return says({"code": int(code or 5000), "message": words, "request_id": "r"}, status=status)

    def unknown(self) -> Said:
        return self._ok([])


class ArkWire:
    provider, route = SEEDANCE, RouteKey("seedance.ark")

    def op(self, asked: Asked) -> Op:
        if asked.method == "POST":
            return Op.SUBMIT
        if asked.method == "DELETE":
            return Op.CANCEL
        return Op.FIND if asked.path.endswith("/tasks") else Op.POLL

    def named(self, asked: Asked) -> str:
        return asked.path.rpartition("/")[2]

    def ours(self, asked: Asked) -> tuple[str, object, str | None]:
        return asked.body.get("safety_identifier", ""), asked.body.get("seed"), asked.body.get("callback_url")

    def accepted(self, task: Task) -> Said:
        return says({"id": task.id})

    def _task(self, task: Task, now: float) -> dict[str, object]:
        state = "queued" if task.is_queued(now) else "running"
        return {
            "id": task.id, "model": "m", "status": "cancelled" if task.cancelled else state, "seed": task.seed,
            "safety_identifier": task.ours, "created_at": task.begun, "updated_at": task.begun,
        }  # fmt: skip

    def state(self, task: Task, *, now: float, url: str) -> Said:
        if task.cancelled or not task.is_over(now):
            return says(self._task(task, now))
        done = {"status": "succeeded", "content": {"video_url": url}, "updated_at": task.ends, "resolution": "1080p"}
        return says({**self._task(task, now), **done})

    def listed(self, tasks: Sequence[Task], *, now: float) -> Said:
        return says({"total": len(tasks), "items": [self._task(task, now) for task in tasks]})

    def failed(self, task: Task, *, code: str, words: str) -> Said:
        return says({**self._task(task, task.ends), "status": "failed", "error": {"code": code, "message": words}})

    def refuses(self, status: int, *, code: str, words: str) -> Said:
        return says({"error": {"code": code, "message": words}}, status=status)

    def unknown(self) -> Said:
        return self.refuses(404, code="NotFound.task", words="the task is not found")


class GoogleWire:
    provider, route = VEO, RouteKey("veo.gemini")

    def op(self, asked: Asked) -> Op:
        return Op.SUBMIT if asked.method == "POST" else Op.POLL

    def named(self, asked: Asked) -> str:
        return asked.path.rpartition("/")[2]

    def ours(self, asked: Asked) -> tuple[str, object, str | None]:
        uris = (asked.body.get("webhookConfig") or {}).get("uris") or [None]
        return "", None, uris[0]

    def _name(self, task: Task) -> str:
        return f"models/veo/operations/{task.id}"

    def accepted(self, task: Task) -> Said:
        return says({"name": self._name(task)})

    def state(self, task: Task, *, now: float, url: str) -> Said:
        if not task.is_over(now):
            return says({"name": self._name(task)})
        return self.done(task, {"generatedSamples": [{"video": {"uri": url}}]})

    def done(self, task: Task, response: object) -> Said:
        return says({"name": self._name(task), "done": True, "response": {"generateVideoResponse": response}})

    def listed(self, tasks: Sequence[Task], *, now: float) -> Said:
        return self.unknown()

    def failed(self, task: Task, *, code: str, words: str) -> Said:
        number = int(code) if code.isdecimal() else 13
        return says({"name": self._name(task), "done": True, "error": {"code": number, "message": words}})

    def refuses(self, status: int, *, code: str, words: str) -> Said:
        return says({"error": {"code": status, "status": code, "message": words}}, status=status)

    def unknown(self) -> Said:
        return self.refuses(404, code="NOT_FOUND", words="no such operation")


class WanWire:
    provider, route = WAN, RouteKey("wan.dashscope")

    def op(self, asked: Asked) -> Op:
        if asked.method == "POST":
            return Op.CANCEL if asked.path.endswith("/cancel") else Op.SUBMIT
        return Op.FIND if asked.path.endswith("/tasks") else Op.POLL

    def named(self, asked: Asked) -> str:
        return asked.path.removesuffix("/cancel").rpartition("/")[2]

    def ours(self, asked: Asked) -> tuple[str, object, str | None]:
        return "", None, None

    def _out(self, task: Task, status: str, **more: object) -> Said:
        return says({"request_id": "r", "output": {"task_id": task.id, "task_status": status, **more}})

    def accepted(self, task: Task) -> Said:
        return self._out(task, "PENDING")

    def state(self, task: Task, *, now: float, url: str) -> Said:
        if task.cancelled:
            return self._out(task, "CANCELED")
        if not task.is_over(now):
            return self._out(task, "PENDING" if task.is_queued(now) else "RUNNING")
        return self._out(task, "SUCCEEDED", video_url=url)

    def listed(self, tasks: Sequence[Task], *, now: float) -> Said:
        return says(
            {"data": [{"task_id": t.id, "status": "RUNNING", "gmt_create": int(t.begun * 1000)} for t in tasks]}
        )

    def failed(self, task: Task, *, code: str, words: str) -> Said:
        return self._out(task, "FAILED", code=code, message=words)

    def refuses(self, status: int, *, code: str, words: str) -> Said:
        return says({"request_id": "r", "code": code, "message": words}, status=status)

    def unknown(self) -> Said:
        return says({"request_id": "r", "output": {"task_id": "", "task_status": "UNKNOWN"}})
