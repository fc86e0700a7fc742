"""Veo in the Vertex dialect: predictLongRunning with a token or an express key, and fetchPredictOperation."""

import base64
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from sandbox.vendors.cdn import Cdn
from sandbox.vendors.google import veo_request, wire
from sandbox.vendors.google.gemini import failure, filtered, take
from sandbox.vendors.google.veo_request import VERTEX
from sandbox.vendors.middleware import Accepted, VendorMiddleware, WireError, base_url, json_object
from sandbox.vendors.task_store import TaskStore
from sandbox.vendors.tasks import End, Phase, Task

MODELS = ("veo-3.1-generate-001", "veo-3.1-fast-generate-001", "veo-3.1-lite-generate-001")
PROJECT = "/{version}/projects/{project}/locations/{location}/publishers/google/models/{model}"
EXPRESS = "/{version}/publishers/google/models/{model}"
RESPONSE_TYPE = "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse"


class Vertex:
    """Vertex AI's part of Google's host."""

    def __init__(self, store: TaskStore, middleware: VendorMiddleware, cdn: Cdn) -> None:
        self._store = store
        self._middleware = middleware
        self._cdn = cdn

    def routes(self) -> list[BaseRoute]:
        """Submit and poll, with a project in the path and without."""
        route = self._middleware.route
        return [
            route(f"{prefix}:{verb}", handler, methods=["POST"])
            for prefix in (PROJECT, EXPRESS)
            for verb, handler in (("predictLongRunning", self._submit), ("fetchPredictOperation", self._poll))
        ]

    async def _submit(self, request: Request) -> Response:
        key, model = _identify(request), str(request.path_params["model"])
        body = await json_object(request, otherwise=wire.not_a_body)
        wire.admit(self._store, key=key, model=model)
        if model not in MODELS:
            text = f"Publisher Model `{_parent(request)}` was not found or your project does not have access to it."
            raise WireError(wire.no(404, text))
        order = await veo_request.read(body, model=model, dialect=VERTEX)
        task_id, wish = str(uuid4()), order.job.parameters
        number = str(uuid4().int % 10**20)
        objects = [
            f"{wish.storageUri.rstrip('/')}/{number}/sample_{sample}.mp4"
            for sample in range(wish.sampleCount if wish.storageUri else 0)
        ]
        name = f"{_parent(request)}/operations/{task_id}"
        remembered = {
            "dialect": "vertex",
            "base": base_url(request),
            "name": name,
            "objects": objects,
            "samples": wish.sampleCount,
        }
        take(self._store, task_id, order, model=model, wire_=remembered)
        return Accepted({"name": name})

    async def _poll(self, request: Request) -> Response:
        _identify(request)
        body = await json_object(request, otherwise=wire.not_a_body)
        self._store.polls += 1
        name = body.get("operationName")
        if not isinstance(name, str) or set(body) != {"operationName"}:
            raise WireError(wire.no(400, "Request contains an invalid argument: operationName."))
        task = self._store.find(name.rsplit("/", 1)[-1])
        if task is None or task.wire.get("name") != name or not name.startswith(_parent(request)):
            raise WireError(wire.no(404, f"The Operation ID was not found: {name.rsplit('/', 1)[-1]}"))
        return JSONResponse(await self._drawn(task))

    async def _drawn(self, task: Task) -> dict[str, Any]:
        phase = self._store.phase(task)
        drawn: dict[str, Any] = {"name": task.wire["name"]}
        if not phase.ended:
            return drawn
        drawn["done"] = True
        if (error := failure(task, phase)) is not None:
            return drawn | {"error": error}
        answer: dict[str, Any] = {"@type": RESPONSE_TYPE, "raiMediaFilteredCount": 0}
        if phase is Phase.REFUSED:
            answer |= filtered(task)
        elif task.end is not End.EMPTY:
            answer["videos"] = await self._videos(task)
        return drawn | {"response": answer}

    async def _videos(self, task: Task) -> list[dict[str, str]]:
        """Objects in the caller's bucket, or the bytes themselves."""
        if task.wire["objects"]:
            return [{"gcsUri": uri, "mimeType": "video/mp4"} for uri in task.wire["objects"]]
        text = base64.b64encode(await self._cdn.content(task.clip)).decode()
        return [{"bytesBase64Encoded": text, "mimeType": "video/mp4"}] * int(task.wire["samples"])


def _identify(request: Request) -> str:
    """A token with a project in the path; without one, an express key."""
    wire.check_version(request)
    return wire.token(request) if "project" in request.path_params else wire.api_key(request)


def _parent(request: Request) -> str:
    path = request.path_params
    model = f"publishers/google/models/{path['model']}"
    return f"projects/{path['project']}/locations/{path['location']}/{model}" if "project" in path else model
