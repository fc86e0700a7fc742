"""fal's queue: submit, status, result, cancel; a job that went wrong is COMPLETED too, and its result is the error."""

from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from sandbox.vendors import aggregate, inputs
from sandbox.vendors.aggregate import SharedDoor
from sandbox.vendors.all_vendors import Vendors
from sandbox.vendors.callbacks import compact
from sandbox.vendors.fal import platform, wire
from sandbox.vendors.fal.models import ENDPOINTS
from sandbox.vendors.inputs import Frames, Problem
from sandbox.vendors.middleware import ALL_METHODS, Accepted, WireError, base_url, json_object
from sandbox.vendors.pictures import BadPictureError
from sandbox.vendors.task_store import TaskStore, variant
from sandbox.vendors.tasks import End, Phase, Task
from sandbox.world import FaultKind

HOST = "fal"
SUCCESSORS = ("bytedance/seedance-2",)
STUTTERS = 2
WEBHOOK_WAITS_S = (2.0, 10.0, 30.0, 60.0)
"""fal tries ten times within two hours; a sandbox need not."""
UPSTREAM_REFUSAL = "The content was flagged as sensitive by the safety system of the model."


class Fal:
    """fal's hosts in one: queue, platform API, webhook keys, media."""

    def __init__(self, vendors: Vendors) -> None:
        self._vendors = vendors
        self._cdns = {vendor: vendors.cdn(vendor) for vendor in vendors.stores}
        self._middleware = SharedDoor(vendors, host=HOST, belongs=self._belongs, down=wire.down, broken=wire.broken)
        self._platform = platform.Platform(vendors, self._result_of)
        self.signer = wire.Signer()

    def routes(self) -> list[BaseRoute]:
        """Everything that fal's hosts answer, from one root on."""
        route = self._middleware.route
        job = "/{app:path}/requests/{request_id}"
        return [
            route("/.well-known/jwks.json", self._keys),
            route("/v1/models/requests/by-endpoint", self._platform.by_endpoint),
            route("/v1/meta", self._platform.meta),
            route("/files/{vendor}/{task_id}.mp4", self._media),
            route(f"{job}/status", self._status),
            route(f"{job}/status/stream", self._stream),
            route(f"{job}/cancel", self._cancel, methods=["PUT"]),
            route(job, self._result),
            route("/{endpoint:path}", self._submit, methods=["POST"]),
            route("/{path:path}", self._nowhere, methods=ALL_METHODS),
        ]

    def _belongs(self, request: Request) -> str:
        """The vendor of the endpoint, or of the job."""
        path = request.path_params
        if (spec := ENDPOINTS.get(path.get("endpoint", ""))) is not None:
            return spec.vendor
        found = aggregate.find(self._vendors, HOST, path.get("request_id", ""))
        return found[1].vendor if found else str(path.get("vendor", ""))

    async def _submit(self, request: Request) -> Response:
        key, endpoint = wire.identify(request), str(request.path_params["endpoint"])
        spec = ENDPOINTS.get(endpoint)
        if spec is None:
            raise WireError(wire.no(404, f"Application {endpoint!r} not found"))
        store = self._vendors.stores[spec.vendor]
        given = await json_object(request, otherwise=wire.not_a_body)
        store.submits += 1
        wire.pay(key)
        if self._middleware.strikes(spec.vendor, FaultKind.RATE_LIMITED):
            raise WireError(wire.no(429, "Too many concurrent requests.", kind="concurrent_requests_limit"))
        if not endpoint.startswith(SUCCESSORS) and store.hits(FaultKind.GONE):
            raise WireError(wire.no(404, f"Application {endpoint!r} not found"))
        wrong = inputs.problems(spec, given)
        shown = Frames()
        if not wrong:
            try:
                shown = await inputs.frames(given)
            except BadPictureError as error:
                wrong = [Problem(name="image_url", text=str(error), kind="image_load_error")]
        prompt = str(given.get("prompt") or "")
        refused = not wrong and store.refusal(prompt) is not None
        task = store.accept(
            str(uuid4()),
            clip=inputs.clip_of(spec, endpoint, {"prompt": prompt} if wrong else given, shown),
            end=End.INVALID if wrong else End.REFUSE if refused else None,
            host=HOST,
            callback_url=request.query_params.get("fal_webhook", ""),
            wire={"base": base_url(request), "input": given, "wrong": wrong, "asked": 0},
            on_change=self._call_back,
        )
        return Accepted({**self._drawn(task, Phase.QUEUED), "gateway_request_id": task.id})

    async def _status(self, request: Request) -> Response:
        store, task = self._known(request)
        store.polls += 1
        phase = store.phase(task)
        logs = request.query_params.get("logs") in {"true", "1"}
        done = phase.ended
        return JSONResponse(self._drawn(task, phase, logs=logs), status_code=200 if done else 202)

    async def _stream(self, request: Request) -> Response:
        """The state now as one server-sent event; clients then ask again."""
        store, task = self._known(request)
        event = b"data: " + compact(self._drawn(task, store.phase(task), logs=True)) + b"\n\n"
        return Response(event, media_type="text/event-stream")

    async def _result(self, request: Request) -> Response:
        store, task = self._known(request)
        phase = store.phase(task)
        if not phase.ended:
            raise WireError(wire.no(400, "Request is still in progress"))
        task.wire["asked"] += 1
        if task.end is End.STUTTER and task.wire["asked"] <= STUTTERS:
            raise WireError(wire.no(504, "Gateway timeout", kind="generation_timeout"))
        status, body, kind = await self._result_of(task, phase)
        return wire.no(status, body["detail"], kind=kind) if status >= 400 else JSONResponse(body)

    async def _cancel(self, request: Request) -> Response:
        """Ask for an end. What waits is cancelled; what runs may still finish, and here it does."""
        wire.identify(request)
        found = aggregate.find(self._vendors, HOST, request.path_params["request_id"])
        if found is None:
            return JSONResponse({"status": "NOT_FOUND"}, status_code=404)
        store, task = found
        if store.phase(task).ended:
            return JSONResponse({"status": "ALREADY_COMPLETED"}, status_code=400)
        if store.phase(task) is Phase.QUEUED:
            store.cancel(task)
        return JSONResponse({"status": "CANCELLATION_REQUESTED"}, status_code=202)

    async def _media(self, request: Request) -> Response:
        found = aggregate.find(self._vendors, HOST, request.path_params["task_id"])
        if found is None or found[0].phase(found[1]) is not Phase.SUCCEEDED:
            return Response(status_code=404)
        return await self._cdns[found[1].vendor].deliver(request, found[1].clip)

    async def _keys(self, request: Request) -> Response:
        return JSONResponse(self.signer.key_set())

    async def _nowhere(self, request: Request) -> Response:
        return wire.no(404, "Path not found")

    def _known(self, request: Request) -> tuple[TaskStore, Task]:
        """The job, which answers only below the first two parts of its endpoint."""
        wire.identify(request)
        found = aggregate.find(self._vendors, HOST, request.path_params["request_id"])
        if found is None or request.path_params["app"] != _app(found[1]):
            raise WireError(wire.no(404, "Request not found"))
        return found

    def _drawn(self, task: Task, phase: Phase, *, logs: bool = False) -> dict[str, Any]:
        url = f"{task.wire['base']}/{_app(task)}/requests/{task.id}"
        drawn: dict[str, Any] = {
            "request_id": task.id,
            "response_url": url,
            "status_url": f"{url}/status",
            "cancel_url": f"{url}/cancel",
        }
        stuck = task.end is End.NEVER and variant(task.clip.prompt, of=2) == 0
        if phase is Phase.QUEUED or (stuck and not phase.ended):
            return {"status": "IN_QUEUE", **drawn, "queue_position": 0 if stuck else 2}
        lines = [{"message": "rendering", "level": "INFO", "timestamp": "2026-11-22T00:00:00.000Z"}] if logs else []
        if not phase.ended:
            return {"status": "IN_PROGRESS", **drawn, "logs": lines}
        seconds = task.times.finishes_at - task.times.starts_at
        drawn |= {"status": "COMPLETED", "logs": lines, "metrics": {"inference_time": seconds}}
        if (kind := _error_kind(task, phase)) is not None:
            drawn |= {"error": "The request failed.", "error_type": kind}
        return drawn

    async def _result_of(self, task: Task, phase: Phase) -> tuple[int, dict[str, Any], str]:
        """Status, body and kind of error of a job that ended."""
        match _error_kind(task, phase):
            case None:
                return 200, await self._made(task), ""
            case "client_cancelled":
                return 499, {"detail": "The request was cancelled."}, "client_cancelled"
            case "content_policy_violation" if variant(task.clip.prompt, of=2):
                return 422, {"detail": UPSTREAM_REFUSAL}, ""
            case "content_policy_violation":
                wrong = [Problem(name="prompt", text="The content was flagged.", kind="content_policy_violation")]
                return 422, {"detail": _details(wrong)}, "content_policy_violation"
            case "value_error":
                return 422, {"detail": _details(task.wire["wrong"])}, ""
            case kind:
                return 500, {"detail": "The downstream service failed."}, kind

    async def _made(self, task: Task) -> dict[str, Any]:
        if task.end is End.EMPTY:
            return {"video": None, "seed": 0}
        video = {
            "url": f"{task.wire['base']}/files/{task.vendor}/{task.id}.mp4",
            "content_type": "video/mp4",
            "file_name": "out.mp4",
            "file_size": await self._cdns[task.vendor].size(task.clip),
        }
        return {"video": video, "seed": task.wire["input"].get("seed") or 4711}

    def _call_back(self, task: Task, phase: Phase) -> None:
        if task.callback_url and phase.ended:
            self._vendors.callbacks.later(self._hook(task, phase))

    async def _hook(self, task: Task, phase: Phase) -> None:
        status, payload, _ = await self._result_of(task, phase)
        event: dict[str, Any] = {"request_id": task.id, "gateway_request_id": task.id}
        event |= {"status": "OK" if status == 200 else "ERROR", "payload": payload}
        if status != 200:
            event["error"] = f"Unexpected status code: {status}"
        body = compact(event)
        headers = self.signer.headers(task.id, body)
        self._vendors.callbacks.send(task.callback_url, body, headers=headers, waits_s=WEBHOOK_WAITS_S)


def _app(task: Task) -> str:
    """The first two parts of the endpoint's id: all that the job's addresses keep of it."""
    return "/".join(task.model.split("/")[:2])


def _error_kind(task: Task, phase: Phase) -> str | None:
    match phase:
        case Phase.CANCELLED:
            return "client_cancelled"
        case Phase.REFUSED:
            return "content_policy_violation"
        case Phase.FAILED if task.end is End.INVALID:
            return "value_error"
        case Phase.FAILED | Phase.EXPIRED:
            return "downstream_service_error"
        case _:
            return None


def _details(wrong: list[Problem]) -> list[dict[str, Any]]:
    return [
        {
            "loc": ["body", each.name],
            "msg": each.text,
            "type": each.kind,
            "url": f"https://docs.fal.ai/errors#{each.kind}",
            "ctx": {},
            "input": each.value,
        }
        for each in wrong
    ]
