"""Google's static webhooks: addresses that a project registers once, each with signing secrets that can be rotated."""

import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from sandbox.vendors.callbacks import Callbacks
from sandbox.vendors.google import wire
from sandbox.vendors.middleware import VendorMiddleware, WireError, json_object
from sandbox.vendors.shapes import StrictBody, parse
from sandbox.vendors.signing import new_secret, signed

HOOKS_MAX = 100
WAITS_S = (2.0, 10.0, 60.0)


class HookBody(StrictBody):
    """The body of a create."""

    name: str = ""
    uri: str = Field(pattern="^https?://")
    subscribed_events: list[str] = Field(min_length=1)


class HookChange(StrictBody):
    """The body of an update."""

    name: str | None = None
    uri: str | None = Field(default=None, pattern="^https?://")
    subscribed_events: list[str] | None = Field(default=None, min_length=1)
    state: Literal["enabled", "disabled"] | None = None


class Rotation(StrictBody):
    revocation_behavior: Literal["revoke_previous_secrets_after_h24", "revoke_previous_secrets_immediately"] = (
        "revoke_previous_secrets_after_h24"
    )


@dataclass(slots=True, kw_only=True)
class Hook:
    """One registered address. The newest secret is the first."""

    id: str
    name: str
    uri: str
    events: list[str]
    secrets: list[str]
    state: str = "enabled"
    created: float = field(default_factory=time.time)
    updated: float = field(default_factory=time.time)

    def drawn(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "uri": self.uri,
            "subscribed_events": self.events,
            "state": self.state,
            "create_time": _stamp(self.created),
            "update_time": _stamp(self.updated),
        }


class StaticWebhooks:
    """The registered addresses, and what is posted to them."""

    def __init__(self, callbacks: Callbacks, middleware: VendorMiddleware) -> None:
        self._callbacks = callbacks
        self._middleware = middleware
        self._hooks: dict[str, Hook] = {}

    def routes(self) -> list[BaseRoute]:
        """Create, list, get, update, delete, ping, rotate."""
        route, one = self._middleware.route, "/{version}/webhooks/{hook}"
        return [
            route("/{version}/webhooks", self._create, methods=["POST"]),
            route("/{version}/webhooks", self._list),
            route(f"{one}:ping", self._ping, methods=["POST"]),
            route(f"{one}:rotateSigningSecret", self._rotate, methods=["POST"]),
            route(one, self._get),
            route(one, self._update, methods=["PATCH"]),
            route(one, self._delete, methods=["DELETE"]),
        ]

    def post(self, kind: str, body: bytes) -> None:
        """Post an event to every address that wants its kind."""
        for hook in self._hooks.values():
            if hook.state == "enabled" and kind in hook.events:
                self._send(hook, body)

    def _send(self, hook: Hook, body: bytes) -> None:
        headers = signed(hook.secrets, body, now=time.time())
        self._callbacks.send(hook.uri, body, headers=headers, waits_s=WAITS_S)

    async def _create(self, request: Request) -> Response:
        wire.check_version(request)
        wire.api_key(request)
        given = parse(HookBody, await json_object(request, otherwise=wire.not_a_body), otherwise=wire.bad_field)
        if len(self._hooks) >= HOOKS_MAX:
            raise WireError(wire.no(400, "Too many webhooks."))
        hook = Hook(
            id=f"wh{secrets.token_hex(8)}",
            name=given.name,
            uri=given.uri,
            events=given.subscribed_events,
            secrets=[new_secret()],
        )
        self._hooks[hook.id] = hook
        return JSONResponse({**hook.drawn(), "new_signing_secret": hook.secrets[0]})

    async def _list(self, request: Request) -> Response:
        wire.check_version(request)
        wire.api_key(request)
        return JSONResponse({"webhooks": [hook.drawn() for hook in self._hooks.values()]})

    async def _get(self, request: Request) -> Response:
        return JSONResponse(self._known(request).drawn())

    async def _update(self, request: Request) -> Response:
        hook = self._known(request)
        change = parse(HookChange, await json_object(request, otherwise=wire.not_a_body), otherwise=wire.bad_field)
        hook.name = change.name if change.name is not None else hook.name
        hook.uri = change.uri or hook.uri
        hook.events = change.subscribed_events or hook.events
        hook.state = change.state or hook.state
        hook.updated = time.time()
        return JSONResponse(hook.drawn())

    async def _delete(self, request: Request) -> Response:
        del self._hooks[self._known(request).id]
        return JSONResponse({})

    async def _ping(self, request: Request) -> Response:
        hook = self._known(request)
        self._send(hook, b'{"type":"ping","version":"v1","data":{}}')
        return JSONResponse({})

    async def _rotate(self, request: Request) -> Response:
        hook = self._known(request)
        body = await request.body()
        given = await json_object(request, otherwise=wire.not_a_body) if body.strip() else {}
        rotation = parse(Rotation, given, otherwise=wire.bad_field)
        kept = hook.secrets[:1] if rotation.revocation_behavior.endswith("h24") else []
        hook.secrets = [new_secret(), *kept]
        return JSONResponse({"secret": hook.secrets[0]})

    def _known(self, request: Request) -> Hook:
        wire.check_version(request)
        wire.api_key(request)
        hook = self._hooks.get(request.path_params["hook"])
        if hook is None:
            raise WireError(wire.no(404, f"Webhook {request.path_params['hook']} not found."))
        return hook


def _stamp(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
