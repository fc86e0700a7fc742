"""Veo in the Gemini dialect: predictLongRunning, operations, and the files that hold the videos."""

import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from sandbox.render import Clip
from sandbox.vendors.google import veo_request, wire
from sandbox.vendors.google.files import Files
from sandbox.vendors.google.veo_request import GEMINI, Order
from sandbox.vendors.google.webhooks import Webhooks
from sandbox.vendors.middleware import Accepted, VendorMiddleware, WireError, base_url, json_object
from sandbox.vendors.task_store import Refusal, TaskStore, variant
from sandbox.vendors.tasks import End, Phase, Task

MODELS = ("veo-3.1-generate-preview", "veo-3.1-fast-generate-preview", "veo-3.1-lite-generate-preview")
"""Off at Google since 2026-10-22, served here: trouble `gone` takes them away."""
RESPONSE_TYPE = "type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse"
ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


class Gemini:
    """The Gemini API's part of Google's host."""

    def __init__(self, store: TaskStore, middleware: VendorMiddleware, files: Files, webhooks: Webhooks) -> None:
        self._store = store
        self._middleware = middleware
        self._files = files
        self._webhooks = webhooks

    def routes(self) -> list[BaseRoute]:
        """Submit and poll; the files have routes of their own."""
        route = self._middleware.route
        return [
            route("/{version}/models/{model}:predictLongRunning", self._submit, methods=["POST"]),
            route("/{version}/models/{model}/operations/{operation}", self._poll),
        ]

    async def _submit(self, request: Request) -> Response:
        wire.check_version(request)
        key, model = wire.api_key(request), str(request.path_params["model"])
        body = await json_object(request, otherwise=wire.not_a_body)
        wire.admit(self._store, key=key, model=model)
        if model not in MODELS:
            raise wire.unknown_model(model, version=request.path_params["version"], method="predictLongRunning")
        order = await veo_request.read(body, model=model, dialect=GEMINI)
        hook = order.job.webhookConfig
        task = take(
            self._store,
            new_id(),
            order,
            model=model,
            wire_={
                "dialect": "gemini",
                "base": base_url(request),
                "uris": hook.uris if hook else [],
                "user_metadata": hook.user_metadata if hook else {},
            },
            on_change=self._webhooks.video_changed,
        )
        return Accepted({"name": _name(task)})

    async def _poll(self, request: Request) -> Response:
        wire.check_version(request)
        wire.api_key(request)
        self._store.polls += 1
        task = self._store.find(request.path_params["operation"])
        if task is None or task.wire["dialect"] != "gemini" or task.model != request.path_params["model"]:
            raise WireError(wire.no(404, f"Operation {request.path_params['operation']} not found."))
        return JSONResponse(self._drawn(task, request))

    def _drawn(self, task: Task, request: Request) -> dict[str, Any]:
        phase = self._store.phase(task)
        drawn: dict[str, Any] = {"name": _name(task)}
        if not phase.ended:
            return drawn
        drawn["done"] = True
        if (error := failure(task, phase)) is not None:
            return drawn | {"error": error}
        videos: dict[str, Any] = filtered(task) if phase is Phase.REFUSED else {}
        if phase is Phase.SUCCEEDED and task.end is not End.EMPTY:
            uri = self._files.address(task, request)
            videos["generatedSamples"] = [{"video": {"uri": uri}}]
        return drawn | {"response": {"@type": RESPONSE_TYPE, "generateVideoResponse": videos}}


def take(
    store: TaskStore, task_id: str, order: Order, *, model: str, wire_: dict[str, Any], on_change: Any = None
) -> Task:
    """Accept a Veo job of either dialect, or refuse its content.

    Raises:
        WireError: the content is refused at once.
    """
    refusal = store.refusal(order.prompt)
    if refusal is Refusal.AT_SUBMIT:
        raise WireError(wire.no(400, wire.refused_text(order.prompt)))
    return store.accept(
        task_id,
        clip=Clip(
            prompt=order.prompt,
            vendor="Veo",
            model=model,
            seconds=order.seconds,
            width=order.size[0],
            height=order.size[1],
            audio=order.audio,
            first=order.first.data if order.first else b"",
            last=order.last.data if order.last else b"",
        ),
        end=End.REFUSE if refusal else None,
        wire=wire_,
        on_change=on_change,
    )


def failure(task: Task, phase: Phase) -> dict[str, Any] | None:
    """The `error` of a done operation, if it has one. A refusal is half of the time an error, else a filter."""
    if phase is Phase.CANCELLED:
        return {"code": 1, "message": "The operation was cancelled."}
    if phase in {Phase.FAILED, Phase.EXPIRED}:
        text = "" if task.end is End.MUTE else wire.FAILED_TEXT
        return {"code": wire.FAILED_CODE, "message": text}
    if phase is Phase.REFUSED and variant(task.clip.prompt + "!", of=2):
        return {"code": 3, "message": wire.refused_text(task.clip.prompt)}
    return None


def filtered(task: Task) -> dict[str, Any]:
    """The filter fields of a done operation whose video was withheld."""
    return {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": [wire.refused_text(task.clip.prompt)]}


def new_id() -> str:
    """An id of lower-case letters and digits, as the SDK's parser wants it."""
    return "".join(secrets.choice(ALPHABET) for _ in range(12))


def _name(task: Task) -> str:
    return f"models/{task.model}/operations/{task.id}"
