"""DashScope's asynchronous video synthesis: creates that check little, tasks that fail late, lists and cancels."""

from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from sandbox.render import Clip
from sandbox.vendors import pictures
from sandbox.vendors.all_vendors import DAY_S, Vendors
from sandbox.vendors.cdn import CDN_PATH
from sandbox.vendors.dashscope import wire
from sandbox.vendors.dashscope.models import MODELS, frame_size, frames_of, wrong
from sandbox.vendors.dashscope.uploads import Uploads
from sandbox.vendors.middleware import ALL_METHODS, Accepted, VendorMiddleware, WireError, base_url, json_object
from sandbox.vendors.pictures import BadPictureError, Picture, Rules
from sandbox.vendors.shapes import fitted
from sandbox.vendors.task_store import Refusal
from sandbox.vendors.tasks import End, Phase, Task

API = "/api/v1"
TEXT_PATH = f"{API}/services/aigc/video-generation/video-synthesis"
FRAMES_PATH = f"{API}/services/aigc/image2video/video-synthesis"
KEPT_S = DAY_S
PROMPT_MAX, NEGATIVE_MAX = 800, 500
PICTURES = Rules(side_min=360, side_max=2000, bytes_max=10 * 1024 * 1024)
STATUS = {
    Phase.QUEUED: "PENDING",
    Phase.RUNNING: "RUNNING",
    Phase.SUCCEEDED: "SUCCEEDED",
    Phase.FAILED: "FAILED",
    Phase.REFUSED: "FAILED",
    Phase.EXPIRED: "UNKNOWN",
    Phase.CANCELLED: "CANCELED",
}
REFUSED_TEXT = "Output data may contain inappropriate content."


class DashScope:
    """DashScope's host."""

    def __init__(self, vendors: Vendors) -> None:
        self._store = vendors.stores["wan"]
        self._cdn = vendors.cdn("wan")
        self._uploads = Uploads()
        self._middleware = VendorMiddleware(self._store, down=wire.down, broken=wire.broken)

    def routes(self) -> list[BaseRoute]:
        """Everything that DashScope's host answers, from its root on."""
        route = self._middleware.route
        return [
            route(TEXT_PATH, self._create, methods=["POST"]),
            route(FRAMES_PATH, self._create, methods=["POST"]),
            route(f"{API}/tasks", self._list),
            route(f"{API}/tasks/{{task_id}}", self._get),
            route(f"{API}/tasks/{{task_id}}/cancel", self._cancel, methods=["POST"]),
            route(f"{API}/uploads", self._uploads.policy),
            route("/oss", self._uploads.receive, methods=["POST"]),
            route(CDN_PATH, self._cdn.fetch),
            route("/{path:path}", self._nowhere, methods=ALL_METHODS),
        ]

    async def _create(self, request: Request) -> Response:
        key = wire.identify(request)
        if request.headers.get("x-dashscope-async") != "enable":
            raise WireError(wire.no(403, "AccessDenied", "current user api does not support synchronous calls."))
        body = await json_object(request, otherwise=wire.not_a_body)
        wire.admit(self._store, key=key)
        name, given, parameters = _parts(body)
        if name not in MODELS or self._store.gone(name):
            raise WireError(wire.no(404, "ModelNotFound", f"The model {name} does not exist."))
        model = MODELS[name]
        if (model.use == "both") != request.url.path.endswith(FRAMES_PATH):
            raise WireError(wire.no(400, "InvalidParameter", "url error, please check url！"))
        prompt = str(given.get("prompt") or "")[:PROMPT_MAX]
        refusal = self._store.refusal(prompt)
        if refusal is Refusal.AT_SUBMIT:
            raise WireError(wire.no(400, "DataInspectionFailed", "Input data may contain inappropriate content."))
        problem = wrong(model, given, parameters)
        frames: list[Picture | None] = [None, None]
        if not problem:
            try:
                frames = await self._pictures(request, given)
            except BadPictureError as error:
                problem = str(error)
        clip = self._clip(name, prompt, parameters=parameters, frames=frames, problem=problem)
        task = self._store.accept(
            str(uuid4()),
            clip=clip,
            end=End.INVALID if problem else End.REFUSE if refusal else None,
            wire={"base": base_url(request), "problem": problem, "seed": parameters.get("seed")},
        )
        output = {"task_id": task.id, "task_status": "PENDING"}
        return Accepted({"request_id": str(uuid4()), "output": output})

    def _clip(
        self, name: str, prompt: str, *, parameters: dict[str, Any], frames: list[Picture | None], problem: str
    ) -> Clip:
        model, first, last = MODELS[name], frames[0], frames[1]
        if problem:
            return Clip(prompt=prompt, vendor="Wan", model=name, seconds=5)
        width, height = frame_size(model, parameters)
        if first is not None:
            width, height = fitted(first.width, first.height, str(parameters.get("resolution", model.resolution)))
        return Clip(
            prompt=prompt,
            vendor="Wan",
            model=name,
            seconds=parameters.get("duration", 5),
            width=width,
            height=height,
            audio=model.audio and parameters.get("audio") is not False,
            first=first.data if first else b"",
            last=last.data if last else b"",
        )

    async def _pictures(self, request: Request, given: dict[str, Any]) -> list[Picture | None]:
        found: list[Picture | None] = []
        media = frames_of(given)
        for kind, names in (("first_frame", ("img_url", "first_frame_url")), ("last_frame", ("last_frame_url",))):
            source = media.get(kind) or next((str(given[name]) for name in names if given.get(name)), "")
            if source.startswith("oss://"):
                if request.headers.get("x-dashscope-ossresourceresolve") != "enable":
                    raise BadPictureError("oss resources need X-DashScope-OssResourceResolve")
                found.append(await pictures.from_bytes(self._uploads.file(source), PICTURES))
            elif source and not source.startswith(("http://", "https://", "data:")):
                raise BadPictureError("the image is no URL")
            else:
                found.append(await pictures.from_source(source, PICTURES) if source else None)
        return found

    async def _get(self, request: Request) -> Response:
        wire.identify(request)
        self._store.polls += 1
        task_id = request.path_params["task_id"]
        return JSONResponse({"request_id": str(uuid4()), **self._drawn(task_id)})

    async def _cancel(self, request: Request) -> Response:
        wire.identify(request)
        task = self._store.find(request.path_params["task_id"])
        if task is None or self._store.phase(task) is not Phase.QUEUED:
            text = "Failed to cancel the task, please confirm if the task is in PENDING status."
            raise WireError(wire.no(400, "UnsupportedOperation", text))
        self._store.cancel(task)
        return JSONResponse({"request_id": str(uuid4())})

    async def _list(self, request: Request) -> Response:
        """The last day's tasks. The fields of an element are unconfirmed (2026-11-22)."""
        wire.identify(request)
        query = request.query_params
        number, size = (
            _int(query.get("page_no"), otherwise=1, most=10000),
            _int(query.get("page_size"), otherwise=10, most=100),
        )
        rows = []
        for task in self._store.newest(within_s=KEPT_S):
            row = self._row(task)
            if query.get("model_name") in {None, row["model_name"]} and query.get("status") in {None, row["status"]}:
                rows.append(row)
        page = {
            "request_id": str(uuid4()),
            "total": len(rows),
            "total_page": -(-len(rows) // size),
            "page_no": number,
            "page_size": size,
            "data": rows[(number - 1) * size : number * size],
        }
        return JSONResponse(page)

    async def _nowhere(self, request: Request) -> Response:
        return wire.no(404, "NotFound", "not found")

    def _row(self, task: Task) -> dict[str, Any]:
        phase = self._store.phase(task)
        row: dict[str, Any] = {
            "api_key_id": "1",
            "caller_parent_id": "1",
            "caller_uid": "1",
            "gmt_create": int(task.times.created * 1000),
            "model_name": task.model,
            "region": "ap-southeast-1",
            "request_id": str(uuid4()),
            "status": STATUS[phase],
            "task_id": task.id,
            "user_api_unique_key": f"apikey:v1:aigc:video-generation:video-synthesis:{task.model}",
        }
        if phase is not Phase.QUEUED:
            row["start_time"] = int(task.times.starts_at * 1000)
        if phase.ended:
            row["end_time"] = int(task.times.finishes_at * 1000)
        return row

    def _drawn(self, task_id: str) -> dict[str, Any]:
        """The answer to a poll. An unknown id, or one older than a day, is UNKNOWN for ever."""
        task, now = self._store.find(task_id), self._store.now()
        if task is None or now - task.times.created > KEPT_S:
            return {"output": {"task_id": task_id, "task_status": "UNKNOWN"}}
        phase = task.phase(now)
        output: dict[str, Any] = {"task_id": task.id, "task_status": STATUS[phase]}
        output["submit_time"] = wire.stamp(task.times.created)
        if phase is not Phase.QUEUED:
            output["scheduled_time"] = wire.stamp(task.times.starts_at)
        if phase.ended:
            output["end_time"] = wire.stamp(task.changed_at(now))
        if phase in {Phase.FAILED, Phase.REFUSED} and task.end is not End.MUTE:
            output["code"], output["message"] = _failure(task, phase)
        if phase is not Phase.SUCCEEDED:
            return {"output": output}
        output |= {"orig_prompt": task.clip.prompt, "actual_prompt": task.clip.prompt}
        if task.end is not End.EMPTY:
            output["video_url"] = self._cdn.address(task.wire["base"], task)
        ratio = f"{task.clip.width}*{task.clip.height}"
        usage = {"video_count": 1, "video_duration": round(task.clip.seconds), "video_ratio": ratio}
        return {"output": output, "usage": usage}


def _parts(body: dict[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Model, input and parameters: the only things that a create looks at."""
    name, given, parameters = body.get("model"), body.get("input"), body.get("parameters") or {}
    if not isinstance(name, str) or not name:
        raise WireError(wire.no(400, "InvalidParameter", "Model not exist."))
    if not isinstance(given, dict) or not isinstance(parameters, dict):
        raise WireError(wire.no(400, "InvalidParameter", "Field required: input"))
    extra = given.get("negative_prompt")
    if isinstance(extra, str):
        given = {**given, "negative_prompt": extra[:NEGATIVE_MAX]}
    return name, given, parameters


def _failure(task: Task, phase: Phase) -> tuple[str, str]:
    if phase is Phase.REFUSED:
        return "DataInspectionFailed", REFUSED_TEXT
    if task.end is End.INVALID:
        return "InvalidParameter", str(task.wire["problem"]) or "invalid parameter"
    return "InternalError.Algo", "An internal error has occured during computation, please try again later."


def _int(text: str | None, *, otherwise: int, most: int) -> int:
    if text is None:
        return otherwise
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise WireError(wire.no(400, "InvalidParameter", f"a page field must be between 1 and {most}"))
    return int(text)
