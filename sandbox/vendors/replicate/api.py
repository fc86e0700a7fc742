"""Replicate's predictions: create, get, list, cancel, webhooks; an hour after its end a prediction is emptied."""

import asyncio
import time
from typing import Any, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from sandbox.vendors import aggregate, inputs, keys
from sandbox.vendors.aggregate import SharedDoor
from sandbox.vendors.all_vendors import HOUR_S, Vendors
from sandbox.vendors.callbacks import compact
from sandbox.vendors.inputs import Frames, Spec
from sandbox.vendors.keys import Key
from sandbox.vendors.middleware import ALL_METHODS, Accepted, WireError, base_url, json_object
from sandbox.vendors.pictures import BadPictureError
from sandbox.vendors.replicate import wire
from sandbox.vendors.replicate.models import MODELS, SUCCESSORS
from sandbox.vendors.shapes import StrictBody, parse
from sandbox.vendors.signing import new_secret, signed
from sandbox.vendors.task_store import TaskStore, variant
from sandbox.vendors.tasks import End, Phase, Task
from sandbox.world import FaultKind

HOST = "replicate"
PAGE = 100
WAIT_MAX_S = 60
WEBHOOK_WAITS_S = (1.0, 5.0, 20.0)
STATUS = {
    Phase.QUEUED: "starting",
    Phase.RUNNING: "processing",
    Phase.SUCCEEDED: "succeeded",
    Phase.FAILED: "failed",
    Phase.REFUSED: "failed",
    Phase.EXPIRED: "canceled",
    Phase.CANCELLED: "canceled",
}
REFUSED = "The input or output was flagged as sensitive. Please try again with different inputs. (E005)"
FAILED = (
    "Service is temporarily unavailable. Please try again later. (E004)",
    "Prediction failed: unknown error (E1000)",
)
Event = Literal["start", "output", "logs", "completed"]
EVENTS: tuple[Event, ...] = ("start", "output", "logs", "completed")


class Job(StrictBody):
    """The body of a create."""

    input: dict[str, Any]
    version: str | None = None
    webhook: str | None = None
    webhook_events_filter: list[Event] = Field(default_factory=lambda: list(EVENTS))
    stream: bool | None = None


class Replicate:
    """Replicate's API, and the files that it delivers."""

    def __init__(self, vendors: Vendors) -> None:
        self._vendors = vendors
        self._cdns = {vendor: vendors.cdn(vendor) for vendor in vendors.stores}
        self._middleware = SharedDoor(vendors, host=HOST, belongs=self._belongs, down=wire.down, broken=wire.broken)
        self.secret = new_secret()
        self._throttled = 0

    def routes(self) -> list[BaseRoute]:
        """Everything that Replicate's hosts answer, from one root on."""
        route = self._middleware.route
        return [
            route("/v1/models/{owner}/{name}/predictions", self._create, methods=["POST"]),
            route("/v1/predictions", self._create, methods=["POST"]),
            route("/v1/predictions", self._list),
            route("/v1/predictions/{task_id}", self._get),
            route("/v1/predictions/{task_id}/cancel", self._cancel, methods=["POST"]),
            route("/v1/webhooks/default/secret", self._hook_secret),
            route("/delivery/{task_id}/out.mp4", self._media),
            route("/{path:path}", self._nowhere, methods=ALL_METHODS),
        ]

    def _belongs(self, request: Request) -> str:
        """The vendor of the model, or of the prediction."""
        path = request.path_params
        if (spec := MODELS.get(f"{path.get('owner')}/{path.get('name')}")) is not None:
            return spec.vendor
        found = aggregate.find(self._vendors, HOST, path.get("task_id", ""))
        return found[1].vendor if found else ""

    async def _create(self, request: Request) -> Response:
        token = wire.identify(request)
        job = parse(Job, await json_object(request, otherwise=wire.not_a_body), otherwise=_bad_field)
        path = request.path_params
        model = f"{path['owner']}/{path['name']}" if "owner" in path else (job.version or "").split(":")[0]
        spec = MODELS.get(model)
        if spec is None:
            raise WireError(wire.no(404, "The requested resource could not be found."))
        store = self._vendors.stores[spec.vendor]
        self._admit(store, token=token, model=model)
        if found := inputs.problems(spec, job.input):
            raise WireError(wire.invalid(found))
        task = await self._accept(request, job, spec=spec, model=model)
        wait_s = _wait(request)
        if wait_s:
            await self._until_ended(store, task, wait_s)
        phase = store.phase(task)
        return Accepted(self._drawn(task, phase), status_code=202 if wait_s and not phase.ended else 201)

    def _admit(self, store: TaskStore, *, token: str, model: str) -> None:
        store.submits += 1
        if keys.worth(token) is Key.POOR:
            raise WireError(wire.no(402, "You have insufficient credit to run this model."))
        if self._middleware.strikes(store.vendor, FaultKind.RATE_LIMITED):
            self._throttled += 1
            reset_s = store.retry_after_s()
            headers = {"retry-after": str(reset_s)} if self._throttled % 2 else {}  # it comes with and without
            text = f"Request was throttled. Your rate limit resets in ~{reset_s}s."
            raise WireError(wire.no(429, text, headers=headers))
        if not model.startswith(SUCCESSORS) and store.hits(FaultKind.GONE):
            raise WireError(wire.no(404, "The requested resource could not be found."))

    async def _accept(self, request: Request, job: Job, *, spec: Spec, model: str) -> Task:
        store, prompt = self._vendors.stores[spec.vendor], str(job.input.get("prompt") or "")
        end, shown, problem = None, Frames(), ""
        try:
            shown = await inputs.frames(job.input)
        except BadPictureError as error:
            end, problem = End.INVALID, f"Input validation error: {error}"
        if end is None and store.refusal(prompt) is not None:
            end = End.REFUSE
        deadline_s = wire.seconds_of(request.headers.get("cancel-after", ""))
        return store.accept(
            wire.prediction_id(),
            clip=inputs.clip_of(spec, model, job.input, shown),
            end=end,
            host=HOST,
            callback_url=job.webhook or "",
            expires_after_s=deadline_s,
            wire={
                "base": base_url(request),
                "input": job.input,
                "problem": problem,
                "events": job.webhook_events_filter,
            },
            on_change=self._call_back,
        )

    async def _get(self, request: Request) -> Response:
        store, task = self._known(request)
        store.polls += 1
        return JSONResponse(self._drawn(task, store.phase(task)))

    async def _cancel(self, request: Request) -> Response:
        store, task = self._known(request)
        store.cancel(task)
        return JSONResponse(self._drawn(task, store.phase(task)))

    async def _list(self, request: Request) -> Response:
        wire.identify(request)
        found = sorted(aggregate.hosted(self._vendors, HOST), key=lambda pair: pair[1].times.created, reverse=True)
        cursor = request.query_params.get("cursor", "0")
        begin = int(cursor) if cursor.isdecimal() else 0
        rows = [self._drawn(task, store.phase(task)) for store, task in found[begin : begin + PAGE]]
        url = f"{base_url(request)}/v1/predictions?cursor="
        after = f"{url}{begin + PAGE}" if begin + PAGE < len(found) else None
        before = f"{url}{max(0, begin - PAGE)}" if begin else None
        return JSONResponse({"previous": before, "next": after, "results": rows})

    async def _hook_secret(self, request: Request) -> Response:
        wire.identify(request)
        return JSONResponse({"key": self.secret})

    async def _media(self, request: Request) -> Response:
        found = aggregate.find(self._vendors, HOST, request.path_params["task_id"])
        if found is None or found[0].phase(found[1]) is not Phase.SUCCEEDED or self._emptied(found[1]):
            return Response(status_code=404)
        return await self._cdns[found[1].vendor].deliver(request, found[1].clip)

    async def _nowhere(self, request: Request) -> Response:
        return wire.no(404, "The requested resource could not be found.")

    def _known(self, request: Request) -> tuple[TaskStore, Task]:
        wire.identify(request)
        found = aggregate.find(self._vendors, HOST, request.path_params["task_id"])
        if found is None:
            raise WireError(wire.no(404, "The requested resource could not be found."))
        return found

    def _emptied(self, task: Task) -> bool:
        """Whether input, output and files have been removed."""
        now = self._vendors.stores[task.vendor].now()
        return task.phase(now).ended and now > task.changed_at(now) + HOUR_S

    def _drawn(self, task: Task, phase: Phase) -> dict[str, Any]:
        """The prediction object."""
        url, now = f"{task.wire['base']}/v1/predictions/{task.id}", self._vendors.stores[task.vendor].now()
        emptied = self._emptied(task)
        drawn: dict[str, Any] = {
            "id": task.id,
            "model": task.model,
            "version": "hidden",
            "input": {} if emptied else task.wire["input"],
            "logs": "",
            "output": None,
            "error": _error(task, phase),
            "data_removed": emptied,
            "status": STATUS[phase],
            "source": "api",
            "created_at": wire.stamp(task.times.created),
            "urls": {"get": url, "cancel": f"{url}/cancel", "web": f"https://replicate.com/p/{task.id}"},
        }
        begun = task.times.starts_at < task.changed_at(now)
        if phase is Phase.EXPIRED and task.expires_at <= task.times.starts_at:
            drawn["status"], begun = "aborted", False
        if begun or phase is Phase.RUNNING:
            drawn["started_at"] = wire.stamp(task.times.starts_at)
        if phase.ended:
            drawn["completed_at"] = wire.stamp(task.changed_at(now))
            drawn["metrics"] = {"predict_time": task.changed_at(now) - task.times.starts_at} if begun else {}
        if phase is Phase.SUCCEEDED and task.end is not End.EMPTY and not emptied:
            drawn["output"] = f"{task.wire['base']}/delivery/{task.id}/out.mp4"
        return drawn

    def _call_back(self, task: Task, phase: Phase) -> None:
        event = "completed" if phase.ended else "start"
        if not task.callback_url or event not in task.wire["events"]:
            return
        body = compact(self._drawn(task, phase))
        headers = signed([self.secret], body, now=time.time())
        twice = phase.ended and variant(task.clip.prompt, of=2) == 0  # duplicates are possible
        for _ in range(2 if twice else 1):
            waits = WEBHOOK_WAITS_S if phase.ended else ()
            self._vendors.callbacks.send(task.callback_url, body, headers=headers, waits_s=waits)

    async def _until_ended(self, store: TaskStore, task: Task, wait_s: int) -> None:
        for _ in range(wait_s * 20):
            if store.phase(task).ended:
                return
            await asyncio.sleep(0.05)


def _error(task: Task, phase: Phase) -> str | None:
    match phase:
        case Phase.REFUSED:
            return f"{REFUSED} ({task.id[:6]})"
        case Phase.FAILED if task.end is End.INVALID:
            return str(task.wire["problem"]) or "Input validation error"
        case Phase.FAILED if task.end is End.MUTE:
            return ""
        case Phase.FAILED:
            return FAILED[variant(task.clip.prompt, of=len(FAILED))]
        case _:
            return None


def _wait(request: Request) -> int:
    """How long the caller wants the create to wait."""
    word, _, seconds = request.headers.get("prefer", "").strip().partition("=")
    if word != "wait":
        return 0
    return min(WAIT_MAX_S, int(seconds)) if seconds.isdecimal() else WAIT_MAX_S


def _bad_field(path: str, reason: str, kind: str) -> Response:
    fields = [{"field": path, "description": reason, "type": kind}]
    return wire.no(422, f"- {path}: {reason}", invalid_fields=fields)
