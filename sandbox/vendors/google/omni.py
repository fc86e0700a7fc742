"""Gemini Omni by the Interactions API: submit in the background or blocking, poll, cancel, delete."""

import asyncio
import base64
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from sandbox.render import Clip
from sandbox.vendors.cdn import Cdn
from sandbox.vendors.google import omni_request, wire
from sandbox.vendors.google.files import Files
from sandbox.vendors.google.gemini import new_id
from sandbox.vendors.google.omni_request import TOKENS_PER_S, Order
from sandbox.vendors.google.webhooks import Webhooks
from sandbox.vendors.middleware import Accepted, VendorMiddleware, WireError, base_url, json_object
from sandbox.vendors.task_store import Refusal, TaskStore
from sandbox.vendors.tasks import End, Phase, Task

GEMINI_MODELS = ("gemini-omni-1.1-flash", "gemini-omni-1.2-flash")
VERTEX_MODELS = ("gemini-omni-1.1-flash-preview", "gemini-omni-1.2-flash")
BLOCKING_S = 600.0
STATUS = {
    Phase.QUEUED: "queued",
    Phase.RUNNING: "in_progress",
    Phase.SUCCEEDED: "completed",
    Phase.REFUSED: "completed",
    Phase.FAILED: "failed",
    Phase.EXPIRED: "incomplete",
    Phase.CANCELLED: "cancelled",
}
REFUSED = "I can't create that video because it may go against our policies. Try describing something else."
GEMINI, VERTEX = "/{version}/interactions", "/{version}/projects/{project}/locations/{location}/interactions"


class Omni:
    """The Interactions part of Google's host, on the Gemini API and on Vertex."""

    def __init__(self, store: TaskStore, cdn: Cdn, files: Files, webhooks: Webhooks) -> None:
        self._store = store
        self._cdn = cdn
        self._files = files
        self._webhooks = webhooks
        self._middleware = VendorMiddleware(
            store, down=lambda: _listed(wire.down()), broken=lambda: _listed(wire.broken())
        )

    def routes(self) -> list[BaseRoute]:
        """Submit, poll, cancel, delete."""
        route = self._middleware.route
        return [
            one
            for prefix, cancel in ((GEMINI, "/cancel"), (VERTEX, ":cancel"))
            for one in (
                route(prefix, self._submit, methods=["POST"]),
                route(prefix + "/{interaction}" + cancel, self._cancel, methods=["POST"]),
                route(prefix + "/{interaction}", self._poll),
                route(prefix + "/{interaction}", self._delete, methods=["DELETE"]),
            )
        ]

    async def _submit(self, request: Request) -> Response:
        key, on_vertex = _identify(request), "project" in request.path_params
        body = await json_object(request, otherwise=wire.not_a_body)
        model = str(body.get("model", ""))
        wire.admit(self._store, key=key, model=model)
        if on_vertex and request.path_params["location"] != "global":
            raise WireError(wire.no(400, "Interactions are served in the location global only."))
        if model not in (VERTEX_MODELS if on_vertex else GEMINI_MODELS):
            raise wire.unknown_model(model, version=request.path_params["version"], method="interactions")
        order = await omni_request.read(body, on_vertex=on_vertex)
        refusal = self._store.refusal(order.prompt)
        if refusal is Refusal.AT_SUBMIT:
            raise WireError(wire.no(400, "The request was blocked: PROHIBITED_CONTENT."))
        task = self._accept(request, order, model=model, end=End.REFUSE if refusal else None)
        if order.background:
            return Accepted(await self._drawn(task, request))
        for _ in range(int(BLOCKING_S / 0.05)):
            if self._store.phase(task).ended:
                return Accepted(await self._drawn(task, request))
            await asyncio.sleep(0.05)
        raise WireError(wire.no(504, "Deadline expired before operation could complete."))

    def _accept(self, request: Request, order: Order, *, model: str, end: End | None) -> Task:
        task_id = new_id()
        return self._store.accept(
            task_id,
            clip=Clip(
                prompt=order.prompt,
                vendor="Veo",
                model=model,
                seconds=order.seconds,
                width=order.size[0],
                height=order.size[1],
                audio=True,
                first=order.first.data if order.first else b"",
                last=order.last.data if order.last else b"",
            ),
            end=end,
            wire={
                "dialect": "omni",
                "base": base_url(request),
                "uris": order.uris,
                "user_metadata": order.user_metadata,
                "inline": order.inline,
                "resolution": order.resolution,
                "labels": order.labels,
                "objects": [f"{order.gcs_uri.rstrip('/')}/{task_id}.mp4"] if order.gcs_uri else [],
            },
            on_change=self._changed,
        )

    async def _poll(self, request: Request) -> Response:
        _identify(request)
        self._store.polls += 1
        return JSONResponse(await self._drawn(self._known(request), request))

    async def _cancel(self, request: Request) -> Response:
        _identify(request)
        task = self._known(request)
        self._store.cancel(task)
        return JSONResponse(await self._drawn(task, request))

    async def _delete(self, request: Request) -> Response:
        _identify(request)
        self._store.remove(self._known(request))
        return JSONResponse({})

    def _known(self, request: Request) -> Task:
        task = self._store.find(request.path_params["interaction"].removeprefix("int-"))
        if task is None or task.wire["dialect"] != "omni":
            raise WireError(wire.no(400, f"Invalid interaction name: {request.path_params['interaction']}"))
        return task

    async def _drawn(self, task: Task, request: Request) -> dict[str, Any]:
        phase = self._store.phase(task)
        drawn: dict[str, Any] = {
            "id": f"int-{task.id}",
            "object": "interaction",
            "model": task.model,
            "status": STATUS[phase],
            "created": _rfc3339(task.times.created),
            "updated": _rfc3339(task.changed_at(self._store.now())),
        }
        if phase is Phase.FAILED:
            drawn["errors"] = [{"code": "INTERNAL", "message": "" if task.end is End.MUTE else wire.FAILED_TEXT}]
        if phase is Phase.REFUSED or (phase is Phase.SUCCEEDED and task.end is End.EMPTY):
            text = REFUSED if phase is Phase.REFUSED else ""
            drawn["steps"] = [{"type": "model_output", "content": [{"type": "text", "text": text}] if text else []}]
        elif phase is Phase.SUCCEEDED:
            drawn["steps"] = [{"type": "model_output", "content": [await self._video(task, request)]}]
            tokens = round(TOKENS_PER_S[task.wire["resolution"]] * task.clip.seconds)
            drawn["usage"] = {"output_tokens_by_modality": [{"modality": "video", "tokens": tokens}]}
        return drawn

    async def _video(self, task: Task, request: Request) -> dict[str, str]:
        video = {"type": "video", "mime_type": "video/mp4"}
        if task.wire["objects"]:
            return video | {"uri": task.wire["objects"][0]}
        if task.wire["inline"]:
            return video | {"data": base64.b64encode(await self._cdn.content(task.clip)).decode()}
        return video | {"uri": self._files.address(task, request)}

    def _changed(self, task: Task, phase: Phase) -> None:
        name = f"int-{task.id}"
        match phase:
            case Phase.SUCCEEDED | Phase.REFUSED:
                self._webhooks.send(task, "interaction.completed", {"id": name})
            case Phase.FAILED:
                data = {"id": name, "error_code": "INTERNAL", "error_message": wire.FAILED_TEXT}
                self._webhooks.send(task, "interaction.failed", data)
            case Phase.CANCELLED:
                self._webhooks.send(task, "interaction.cancelled", {"id": name})
            case _:
                return


def _identify(request: Request) -> str:
    wire.check_version(request)
    return wire.token(request) if "project" in request.path_params else wire.api_key(request)


def _listed(response: Response) -> Response:
    """Some errors of the front end come in a list."""
    return Response(b"[" + bytes(response.body) + b"]", status_code=response.status_code, media_type="application/json")


def _rfc3339(unix_s: float) -> str:
    from datetime import UTC, datetime

    return re.sub(r"\+00:00$", "Z", datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="milliseconds"))
