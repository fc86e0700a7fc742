"""The Web API over HTTP: which method is called, with which token, how often, and what the answer looks like."""

from collections import deque
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.faults import Faults
from sandbox.slack.arguments import Arguments, read
from sandbox.slack.errors import SlackError
from sandbox.slack.faults import WebApiFaults, rate_limited
from sandbox.slack.fixtures import APP_TOKEN, Json
from sandbox.slack.limits import Meter

Method = Callable[[Arguments], Awaitable[Json]]
CONNECT = "apps.connections.open"
READS = frozenset(
    {
        CONNECT,
        "api.test",
        "auth.test",
        "team.info",
        "users.info",
        "users.list",
        "usergroups.list",
        "usergroups.users.list",
        "conversations.info",
        "conversations.list",
        "conversations.history",
        "conversations.replies",
        "files.info",
    }
)
SCOPES = (
    "app_mentions:read,assistant:write,channels:history,channels:join,channels:read,chat:write,chat:write.public,"
    "commands,files:read,files:write,groups:history,groups:read,im:history,im:write,mpim:history,team:read,usergroups:read,users:read"
)
REQUESTS_KEPT = 2000


@dataclass(slots=True, kw_only=True)
class Api:
    """`/slack/api/{method}`.

    Args:
        named: what a call is about.
        refused: why a token is not taken; None: it is.
        granted: the scopes that the tokens have.
        requests: the last calls as (method, arguments), those too that were refused.
    """

    methods: dict[str, Method]
    meter: Meter
    weather: WebApiFaults
    faults: Faults
    named: Callable[[Arguments], Collection[str]]
    refused: Callable[[str], str | None] = lambda _token: None
    granted: Callable[[], str] = lambda: SCOPES
    requests: deque[tuple[str, Json]] = field(default_factory=lambda: deque(maxlen=REQUESTS_KEPT))

    def routes(self) -> list[Route]:
        """Where the Web API answers."""
        return [Route("/api/{method}", self.call, methods=["GET", "POST"])]

    async def call(self, request: Request) -> Response:
        method = request.path_params["method"]
        fault = None
        if self.faults.orders():
            with suppress(SlackError):
                args, _ = await read(request)
                fault = self.faults.hit(method, self.named(args))
                if fault is not None and fault.code != "drop":
                    self.requests.append((method, dict(args.values)))
        return await self.weather.around(
            request, lambda: self._answer(request), writes=method not in READS, fault=fault
        )

    async def around(self, request: Request, method: str, answer: Callable[[], Awaitable[Response]]) -> Response:
        """A call that is about the app and nothing in the workspace, with the workspace's trouble."""
        return await self.weather.around(request, answer, writes=True, fault=self.faults.hit(method))

    def _authorize(self, method: str, token: str) -> None:
        if method == "api.test":
            return
        if not token:
            raise SlackError("not_authed")
        if token != APP_TOKEN and (why := self.refused(token)) is not None:
            raise SlackError(why)
        if (method == CONNECT) != (token == APP_TOKEN):
            raise SlackError("not_allowed_token_type")

    async def _answer(self, request: Request) -> Response:
        method = request.path_params["method"]
        headers = {"x-oauth-scopes": self.granted()}
        try:
            args, token = await read(request)
            self.requests.append((method, dict(args.values)))
            self._authorize(method, token)
            if method not in self.methods:
                return JSONResponse({"ok": False, "error": "unknown_method", "req_method": method}, headers=headers)
            self.meter.count(method, args.values)
            if method == CONNECT:
                args = Arguments({**args.values, "host": _host(request)})
            return JSONResponse(await self.methods[method](args), headers=headers)
        except SlackError as refusal:
            if refusal.retry_after_s is not None:
                return rate_limited(refusal.retry_after_s)
            return JSONResponse(refusal.body(), headers=headers)


def _host(request: Request) -> str:
    """The address that this client reached us at, for a WebSocket."""
    scheme = "wss" if request.url.scheme == "https" else "ws"
    return f"{scheme}://{request.url.netloc}"
