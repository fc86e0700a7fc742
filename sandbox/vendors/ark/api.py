"""Ark's content generation tasks: create, get, list, delete, and the callback of every change."""

import io
from typing import Any

import av
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from sandbox.render import Clip
from sandbox.vendors.all_vendors import DAY_S, Vendors
from sandbox.vendors.ark import request as ark_request
from sandbox.vendors.ark import wire
from sandbox.vendors.ark.models import FPS, family, tokens
from sandbox.vendors.ark.request import Job, Order
from sandbox.vendors.callbacks import compact
from sandbox.vendors.cdn import CDN_PATH
from sandbox.vendors.middleware import ALL_METHODS, Accepted, VendorMiddleware, WireError, base_url, json_object
from sandbox.vendors.task_store import Refusal, TaskStore, variant
from sandbox.vendors.tasks import End, Phase, Task

TASKS = "/api/v3/contents/generations/tasks"
KEPT_S = 7 * DAY_S
EXPIRES_AFTER_S = 172800
CALLBACK_WAITS_S = (5.0, 5.0)
"""Without a good answer a callback is sent again, three times in all."""
STATUS = {
    Phase.QUEUED: "queued",
    Phase.RUNNING: "running",
    Phase.SUCCEEDED: "succeeded",
    Phase.FAILED: "failed",
    Phase.REFUSED: "failed",
    Phase.EXPIRED: "expired",
    Phase.CANCELLED: "cancelled",
}


class Ark:
    """Ark's host: BytePlus and Volcengine speak alike."""

    def __init__(self, vendors: Vendors) -> None:
        self._store: TaskStore = vendors.stores["seedance"]
        self._cdn = vendors.cdn("seedance")
        self._callbacks = vendors.callbacks
        self._dice = vendors.world.dice
        self._middleware = VendorMiddleware(self._store, down=wire.down, broken=wire.broken)

    def routes(self) -> list[BaseRoute]:
        """Everything that Ark's host answers, from its root on."""
        route = self._middleware.route
        return [
            route(TASKS, self._create, methods=["POST"]),
            route(TASKS, self._list),
            route(TASKS + "/{task_id}", self._get),
            route(TASKS + "/{task_id}", self._delete, methods=["DELETE"]),
            route(CDN_PATH, self._cdn.fetch),
            route("/cdn/{task_id}.png", self._last_frame),
            route("/{path:path}", self._nowhere, methods=ALL_METHODS),
        ]

    async def _create(self, request: Request) -> Response:
        key = wire.identify(request)
        body = await json_object(request, otherwise=wire.not_a_body)
        wire.admit(self._store, key=key)
        job = ark_request.read(body)
        model = family(job.model)
        if model is None or self._store.gone(job.model):
            text = f"The model or endpoint {job.model} does not exist or you do not have access to it."
            raise WireError(wire.no("InvalidEndpointOrModel.NotFound", text))
        order = await ark_request.order(job, model, seed=self._dice.randrange(2**31))
        refusal = self._store.refusal(order.prompt)
        if refusal is Refusal.AT_SUBMIT:
            text = "The request failed because the input text may contain sensitive information."
            raise WireError(wire.no("InputTextSensitiveContentDetected", text))
        task = self._store.accept(
            wire.task_id(),
            clip=Clip(
                prompt=order.prompt,
                vendor="Seedance",
                model=job.model,
                seconds=order.seconds,
                width=order.size[0],
                height=order.size[1],
                audio=order.audio,
                first=order.first.data if order.first else b"",
                last=order.last.data if order.last else b"",
            ),
            end=End.REFUSE if refusal else None,
            callback_url=job.callback_url or "",
            expires_after_s=job.execution_expires_after or EXPIRES_AFTER_S,
            wire={**_remembered(job, order), "base": base_url(request)},
            on_change=self._call_back,
        )
        return Accepted({"id": task.id}, headers={"x-request-id": wire.request_id()})

    async def _get(self, request: Request) -> Response:
        wire.identify(request)
        self._store.polls += 1
        return JSONResponse(self._drawn(self._known(request)), headers={"x-request-id": wire.request_id()})

    async def _list(self, request: Request) -> Response:
        wire.identify(request)
        query = request.query_params
        number, size = (
            _int(query.get("page_num"), most=500, name="page_num"),
            _int(query.get("page_size"), most=500, name="page_size"),
        )
        wanted = set(query.getlist("filter.task_ids"))
        rows = []
        for task in self._store.newest(within_s=KEPT_S):
            row = self._drawn(task)
            matches = (
                query.get("filter.status") in {None, row["status"]}
                and query.get("filter.model") in {None, task.model}
                and query.get("filter.service_tier") in {None, row["service_tier"]}
                and (not wanted or task.id in wanted)
            )
            if matches:
                rows.append(row)
        return JSONResponse({"total": len(rows), "items": rows[(number - 1) * size : number * size]})

    async def _delete(self, request: Request) -> Response:
        wire.identify(request)
        task = self._known(request)
        match self._store.phase(task):
            case Phase.QUEUED:
                self._store.cancel(task)
            case Phase.RUNNING:
                raise WireError(wire.no("TaskRunningCannotCancel", "The task is running and cannot be cancelled."))
            case _:
                self._store.remove(task)
        return JSONResponse({})

    async def _last_frame(self, request: Request) -> Response:
        task = self._store.find(request.path_params["task_id"])
        if task is None or not task.wire.get("return_last_frame") or self._store.phase(task) is not Phase.SUCCEEDED:
            return Response(status_code=404)
        content = await self._cdn.content(task.clip)
        return Response(_png_of_last_frame(content), media_type="image/png")

    async def _nowhere(self, request: Request) -> Response:
        return Response(status_code=404)

    def _known(self, request: Request) -> Task:
        task = self._store.find(request.path_params["task_id"])
        if task is None or self._store.now() - task.times.created > KEPT_S:
            text = f"The specified task {request.path_params['task_id']} is not found."
            raise WireError(wire.no("NotFound.task_id", text, param="task_id"))
        return task

    def _drawn(self, task: Task, phase: Phase | None = None) -> dict[str, Any]:
        """The task object, as get, list and callbacks show it."""
        now = self._store.now()
        phase = phase or task.phase(now)
        drawn: dict[str, Any] = {
            "id": task.id,
            "model": task.model,
            "status": STATUS[phase],
            "created_at": int(task.times.created),
            "updated_at": int(task.changed_at(now)),
            "service_tier": task.wire["service_tier"],
            "execution_expires_after": task.wire["execution_expires_after"],
        }
        if task.wire["safety_identifier"]:
            drawn["safety_identifier"] = task.wire["safety_identifier"]
        if phase in {Phase.FAILED, Phase.REFUSED}:
            drawn["error"] = _failure(task, phase)
        if phase is not Phase.SUCCEEDED:
            return drawn
        drawn["content"] = {}
        if task.end is not End.EMPTY:
            drawn["content"] = {"video_url": self._cdn.address(task.wire["base"], task)}
        if task.wire["return_last_frame"]:
            drawn["content"]["last_frame_url"] = f"{task.wire['base']}/cdn/{task.id}.png"
        count = tokens(task.clip.width, task.clip.height, task.clip.seconds)
        # 2.0 mini does not say whether it was asked for sound (2026-11-30).
        said = {} if "mini" in task.model else {"generate_audio": task.clip.audio}
        return drawn | {
            "seed": task.wire["seed"],
            "resolution": task.wire["resolution"],
            "ratio": task.wire["ratio"],
            "duration": round(task.clip.seconds),
            "framespersecond": FPS,
            **said,
            "usage": {"completion_tokens": count, "total_tokens": count},
        }

    def _call_back(self, task: Task, phase: Phase) -> None:
        if task.callback_url:
            self._callbacks.send(task.callback_url, compact(self._drawn(task, phase)), waits_s=CALLBACK_WAITS_S)


def _remembered(job: Job, order: Order) -> dict[str, Any]:
    return {
        "seed": order.seed,
        "resolution": order.resolution,
        "ratio": order.ratio,
        "service_tier": job.service_tier or "default",
        "execution_expires_after": job.execution_expires_after or EXPIRES_AFTER_S,
        "safety_identifier": job.safety_identifier or "",
        "return_last_frame": bool(job.return_last_frame),
    }


def _failure(task: Task, phase: Phase) -> dict[str, str]:
    if phase is Phase.REFUSED:
        code = ("OutputVideoSensitiveContentDetected", "OutputVideoSensitiveContentDetected.PolicyViolation")
        text = "The request failed because the output video may contain sensitive information."
        return {
            "code": code[variant(task.clip.prompt + "!", of=2)],
            "message": f"{text} Request id: {wire.request_id()}",
        }
    text = "The service encountered an unexpected internal error."
    return {"code": "InternalServiceError", "message": f"{text} Request id: {wire.request_id()}"}


def _int(text: str | None, *, most: int, name: str) -> int:
    if text is None:
        return 1 if name == "page_num" else 10
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise WireError(wire.bad_field(name, f"it must be between 1 and {most}", ""))
    return int(text)


def _png_of_last_frame(content: bytes) -> bytes:
    last = None
    with av.open(io.BytesIO(content), "r") as container:
        for frame in container.decode(video=0):
            last = frame
    if last is None:
        return b""
    png = io.BytesIO()
    last.to_image().save(png, "PNG")  # type: ignore[no-untyped-call]  # PyAV gives it no types
    return png.getvalue()
