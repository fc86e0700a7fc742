"""Aurora's stand-in, written from the vendor's documents: create, get, list and the file."""

import secrets
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from sandbox.render import Clip
from sandbox.vendors import keys
from sandbox.vendors.all_vendors import Vendors
from sandbox.vendors.cdn import CDN_PATH
from sandbox.vendors.keys import Key
from sandbox.vendors.middleware import Accepted, VendorMiddleware, WireError, base_url, gateway_down, json_object
from sandbox.vendors.task_store import Refusal, TaskStore
from sandbox.vendors.tasks import End, Phase, Task
from sandbox.world import FaultKind

MODELS = ("aurora-1",)
STATES = {Phase.QUEUED: "waiting", Phase.RUNNING: "working", Phase.SUCCEEDED: "ready"}


class Order(BaseModel):
    """The body of a create. A field that the documents do not have is refused."""

    model_config = ConfigDict(extra="forbid", strict=True)
    model: str
    prompt: str = Field(min_length=1, max_length=500)
    seconds: int = Field(ge=4, le=8)
    picture: str = ""


class Aurora:
    """The vendor's host."""

    def __init__(self, vendors: Vendors) -> None:
        self._tasks: TaskStore = vendors.stores["aurora"]
        self._cdn = vendors.cdn("aurora")
        self._middleware = VendorMiddleware(self._tasks, down=gateway_down, broken=_broken)

    def routes(self) -> list[BaseRoute]:
        """What the host answers, from its root on."""
        route = self._middleware.route
        return [
            route("/videos", self._create, methods=["POST"]),
            route("/videos", self._list),
            route("/videos/{task_id}", self._get),
            route(CDN_PATH, self._cdn.fetch),
        ]

    async def _create(self, request: Request) -> Response:
        self._admit(request)
        try:
            order = Order.model_validate(await json_object(request, otherwise=_not_json))
        except ValidationError as error:
            raise WireError(_no(400, "bad_request", str(error.errors()[0]["msg"]))) from error
        if order.model not in MODELS or self._tasks.gone(order.model):
            raise WireError(_no(404, "no_model", f"There is no model {order.model}."))
        refusal = self._tasks.refusal(order.prompt)
        if refusal is Refusal.AT_SUBMIT:
            raise WireError(_no(400, "unsafe", "The prompt is against the rules."))
        task = self._tasks.accept(
            f"a-{secrets.token_hex(8)}",
            clip=Clip(
                vendor="Aurora", prompt=order.prompt,
                model=order.model, seconds=order.seconds, width=1280, height=720,
                audio=False,
            ),
            end=End.REFUSE if refusal else None,
            wire={"base": base_url(request)},
        )  # fmt: skip
        return Accepted(self._drawn(task))

    async def _get(self, request: Request) -> Response:
        _identify(request)
        self._tasks.polls += 1
        task = self._tasks.find(request.path_params["task_id"])
        if task is None:
            raise WireError(_no(404, "no_task", "There is no such video."))
        return JSONResponse(self._drawn(task))

    async def _list(self, request: Request) -> Response:
        _identify(request)
        return JSONResponse([self._drawn(task) for task in self._tasks.newest(within_s=3600)])

    def _admit(self, request: Request) -> None:
        key = _identify(request)
        self._tasks.submits += 1
        if key is Key.POOR:
            raise WireError(_no(402, "no_credit", "No credit is left."))
        if self._tasks.hits(FaultKind.RATE_LIMITED):
            raise WireError(_no(429, "slow_down", "Too many requests."))

    def _drawn(self, task: Task) -> dict[str, Any]:
        phase = self._tasks.phase(task)
        drawn: dict[str, Any] = {"id": task.id, "state": STATES.get(phase, "failed")}
        if phase is Phase.SUCCEEDED and task.end is not End.EMPTY:
            drawn["video"] = self._cdn.address(task.wire["base"], task)
        if phase is Phase.REFUSED:
            drawn["error"] = {"code": "unsafe", "message": "The video is against the rules."}
        if phase is Phase.FAILED:
            drawn["error"] = {"code": "internal", "message": "Something went wrong."}
        return drawn


def _identify(request: Request) -> Key:
    worth = keys.worth(keys.bearer(request))
    if worth in {Key.MISSING, Key.BAD, Key.ELSEWHERE}:
        raise WireError(_no(401, "who", "The key is missing or wrong."))
    return worth


def _no(status: int, code: str, message: str) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status)


def _broken() -> Response:
    return _no(500, "internal", "Something went wrong.")


def _not_json(reason: str) -> Response:
    return _no(400, "bad_request", reason)
