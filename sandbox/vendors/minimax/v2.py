"""MiniMax's V2 video API for MiniMax-H3 and H3-Max, the successors of Hailuo, as its own page has it (2026-11-30).

A task lies under `task` in its own answer and flat in the list; an error says its code in brackets at the end of the
message; an unknown task is a server error.
"""

import secrets
from typing import Any, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from sandbox.render import Clip
from sandbox.vendors import keys, pictures
from sandbox.vendors.all_vendors import DAY_S, Vendors
from sandbox.vendors.callbacks import compact
from sandbox.vendors.cdn import Cdn
from sandbox.vendors.keys import Key
from sandbox.vendors.middleware import Accepted, VendorMiddleware, WireError, base_url, json_object
from sandbox.vendors.minimax import wire
from sandbox.vendors.minimax.challenge import Challenges
from sandbox.vendors.pictures import BadPictureError, Picture, Rules
from sandbox.vendors.shapes import StrictBody, fitted, parse, pixels
from sandbox.vendors.task_store import Refusal
from sandbox.vendors.tasks import End, Phase, Task
from sandbox.world import FaultKind

MODELS = {"MiniMax-H3": ("768P", "2K"), "MiniMax-H3-Max": ("480P", "768P")}
RESOLUTION = {"480P": "480p", "768P": "768p", "2K": "1440p"}
TEXT_MAX = 7000
KINDS = {400: "invalid_request_error", 401: "authentication_error", 402: "insufficient_balance_error",
         422: "content_policy_error", 429: "rate_limit_error"}  # fmt: skip
STATUS = {
    Phase.QUEUED: "queued",
    Phase.RUNNING: "running",
    Phase.SUCCEEDED: "succeeded",
    Phase.FAILED: "failed",
    Phase.REFUSED: "failed",
    Phase.EXPIRED: "expired",
    Phase.CANCELLED: "cancelled",
}


class Link(StrictBody):
    url: str


class Item(StrictBody):
    type: Literal["text", "image_url", "video_url", "audio_url"]
    text: str | None = None
    image_url: Link | None = None
    video_url: Link | None = None
    audio_url: Link | None = None
    role: str | None = None


class Job(StrictBody):
    """The body of a create."""

    model: Literal["MiniMax-H3", "MiniMax-H3-Max"]
    content: list[Item] = Field(min_length=1)
    duration: int = Field(default=5, ge=4, le=15)
    resolution: Literal["480P", "768P", "2K"] = "768P"
    ratio: Literal["16:9", "9:16", "1:1", "4:3", "3:4", "21:9", "adaptive"] | None = None
    callback_url: str | None = None
    aigc_watermark: bool | None = None


class MiniMaxV2:
    """The V2 paths, on the same task store and CDN as V1."""

    def __init__(self, vendors: Vendors, cdn: Cdn, challenges: Challenges) -> None:
        self._challenges = challenges
        self._store = vendors.stores["hailuo"]
        self._callbacks = vendors.callbacks
        self._cdn = cdn
        self._middleware = VendorMiddleware(self._store, down=wire.down, broken=_broken)

    def routes(self) -> list[BaseRoute]:
        """Create, list, look up, cancel."""
        route = self._middleware.route
        return [
            route("/v2/video_generation", self._create, methods=["POST"]),
            route("/v2/query/video_generation", self._list),
            route("/v2/query/video_generation/{task_id}", self._one),
            route("/v2/video_generation/{task_id}", self._delete, methods=["DELETE"]),
        ]

    async def _create(self, request: Request) -> Response:
        key = _identify(request)
        body = await json_object(request, otherwise=lambda reason: _no(400, wire.BAD_PARAMETERS, reason))
        self._store.submits += 1
        if keys.worth(key) is Key.POOR:
            raise WireError(_no(402, 1008, "insufficient balance"))
        if self._store.hits(FaultKind.RATE_LIMITED):
            raise WireError(_no(429, 1002, "rate limit exceeded"))
        job = parse(Job, body, otherwise=_bad_field)
        prompt = _checked(job)
        first, last = await _frames(job)
        refusal = self._store.refusal(prompt)
        if refusal is Refusal.AT_SUBMIT:
            raise WireError(_no(422, wire.INPUT_REFUSED, "input new_sensitive"))
        resolution = RESOLUTION[job.resolution]
        if first is not None:
            size = fitted(first.width, first.height, resolution)
        else:
            size = pixels("16:9" if job.ratio in {None, "adaptive"} else str(job.ratio), resolution)
        if not await self._challenges.passes(job.callback_url or ""):
            raise WireError(_no(400, wire.BAD_PARAMETERS, "invalid params, callback_url did not echo the challenge"))
        task = self._store.accept(
            str(306_000_000_000_000 + secrets.randbelow(10**12)),
            clip=Clip(
                prompt=prompt,
                vendor="Hailuo",
                model=job.model,
                seconds=job.duration,
                width=size[0],
                height=size[1],
                audio=True,
                first=first.data if first else b"",
                last=last.data if last else b"",
            ),
            end=End.REFUSE if refusal else None,
            callback_url=job.callback_url or "",
            wire={"v": 2, "base": base_url(request), "resolution": job.resolution, "ratio": job.ratio or "adaptive"},
            on_change=self._call_back,
        )
        return Accepted({"task_id": task.id}, headers=wire.trace())

    async def _one(self, request: Request) -> Response:
        _identify(request)
        self._store.polls += 1
        return JSONResponse({"task": self._drawn(self._known(request))}, headers=wire.trace())

    async def _list(self, request: Request) -> Response:
        _identify(request)
        tasks = [task for task in self._store.newest(within_s=7 * DAY_S) if task.wire.get("v") == 2]
        size = _whole(request.query_params.get("page_size"), least=1, most=100, otherwise=20)
        skipped = size * (_whole(request.query_params.get("page_num"), least=1, most=10_000, otherwise=1) - 1)
        return JSONResponse(
            {"items": [self._drawn(task) for task in tasks[skipped : skipped + size]], "total": len(tasks)},
            headers=wire.trace(),
        )

    async def _delete(self, request: Request) -> Response:
        _identify(request)
        task = self._known(request)
        if self._store.phase(task) is not Phase.QUEUED:
            raise WireError(_no(400, wire.BAD_PARAMETERS, "the task cannot be cancelled any more"))
        self._store.cancel(task)
        return JSONResponse({"task_id": task.id, "status": "cancelled"}, headers=wire.trace())

    def _known(self, request: Request) -> Task:
        task = self._store.find(request.path_params["task_id"])
        if task is None or task.wire.get("v") != 2:
            raise WireError(_no(500, 1000, "record not found"))
        return task

    def _drawn(self, task: Task, phase: Phase | None = None) -> dict[str, Any]:
        now = self._store.now()
        phase = phase or task.phase(now)
        drawn: dict[str, Any] = {
            "id": task.id,
            "model": task.clip.model,
            "status": STATUS[phase],
            "created_at": int(task.times.created),
            "updated_at": int(task.changed_at(now)),
            "resolution": task.wire["resolution"],
            "duration": task.clip.seconds,
            "ratio": task.wire["ratio"],
            "task_type": "image_to_video" if task.clip.first else "text_to_video",
            "modality": "video",
        }
        if phase is Phase.SUCCEEDED:
            url = self._cdn.address(task.wire["base"], task) if task.end is not End.EMPTY else ""
            drawn["content"] = {"url": url}
            drawn["usage"] = {"total_seconds": task.clip.seconds, "output_seconds": task.clip.seconds}
        elif phase is Phase.REFUSED:
            drawn["error"] = {
                "code": str(wire.OUTPUT_REFUSED),
                "message": f"output new_sensitive ({wire.OUTPUT_REFUSED})",
            }
        elif phase is Phase.FAILED and task.end is not End.MUTE:
            drawn["error"] = {"code": "1033", "message": "system error (1033)"}
        return drawn

    def _call_back(self, task: Task, phase: Phase) -> None:
        if task.callback_url:
            self._callbacks.send(task.callback_url, compact(self._drawn(task, phase)))


def _checked(job: Job) -> str:
    """Hold the body against the model; gives the prompt."""
    words = [item.text or "" for item in job.content if item.type == "text"]
    framed = any(item.type == "image_url" for item in job.content)
    rules = (
        (job.resolution not in MODELS[job.model], f"resolution {job.resolution} is not supported by {job.model}"),
        (len(words) != 1 or not words[0].strip(), "content must hold exactly one text that is not empty"),
        (len("".join(words)) > TEXT_MAX, f"the text is longer than {TEXT_MAX} characters"),
        (not framed and job.ratio is None, "ratio is required for text to video"),
    )
    for broken, text in rules:
        if broken:
            raise WireError(_no(400, wire.BAD_PARAMETERS, f"invalid params, {text}"))
    return words[0]


def _whole(text: str | None, *, least: int, most: int, otherwise: int) -> int:
    number = int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else otherwise
    return min(most, max(least, number))


async def _frames(job: Job) -> tuple[Picture | None, Picture | None]:
    found: dict[str, Picture] = {}
    for item in job.content:
        if item.type == "image_url" and item.image_url is not None:
            try:
                picture = await pictures.from_source(item.image_url.url, Rules())
            except BadPictureError as error:
                raise WireError(_no(400, wire.BAD_PARAMETERS, str(error))) from error
            found.setdefault(item.role or "first_frame", picture)
    return found.get("first_frame"), found.get("last_frame")


def _identify(request: Request) -> str:
    key = keys.bearer(request)
    if keys.worth(key) not in {Key.FINE, Key.POOR}:
        raise WireError(_no(401, 1004, "login fail: please carry the API secret key"))
    return key


def _bad_field(path: str, reason: str, kind: str) -> Response:
    return _no(400, wire.BAD_PARAMETERS, f"{path}: {reason}")


def _broken() -> Response:
    return _no(500, 1033, "system error")


def _no(status: int, code: int, text: str) -> Response:
    kind = KINDS.get(status, "server_error")
    error = {"type": kind, "message": f"{text} ({code})", "http_code": str(status)}
    return JSONResponse(
        {"type": "error", "error": error, "request_id": secrets.token_hex(16)}, status_code=status, headers=wire.trace()
    )
