"""How MiniMax answers: HTTP 200 for almost everything, and the verdict in `base_resp`."""

import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.vendors import keys
from sandbox.vendors.keys import Key
from sandbox.vendors.middleware import WireError, gateway_down
from sandbox.vendors.task_store import TaskStore
from sandbox.world import FaultKind

BAD_PARAMETERS = 2013
INPUT_REFUSED = 1026
OUTPUT_REFUSED = 1027
TEXTS = {
    1000: "unknown error",
    1002: "rate limit exceeded (RPM)",
    1004: "login fail: please carry the API secret key in the 'Authorization' field of the request header",
    1008: "insufficient balance",
    INPUT_REFUSED: "input new_sensitive",
    OUTPUT_REFUSED: "output new_sensitive",
    1033: "system error",
    2049: "invalid api key",
    2056: "usage limit exceeded, 5-hour window",
}


def verdict(code: int = 0, text: str = "") -> dict[str, Any]:
    """The `base_resp` of an answer."""
    return {"status_code": code, "status_msg": text or TEXTS.get(code, "success")}


def reply(body: dict[str, Any]) -> dict[str, Any]:
    """A good answer."""
    return {**body, "base_resp": verdict()}


def trace() -> dict[str, str]:
    """The header that every answer carries."""
    return {"trace-id": secrets.token_hex(16)}


def no(code: int, text: str = "", *, empty: dict[str, Any] | None = None) -> Response:
    """A refusal: HTTP 200, with the usual fields empty."""
    return JSONResponse({**(empty or {}), "base_resp": verdict(code, text)}, headers=trace())


def no_task(code: int, text: str = "") -> Response:
    """A refused create."""
    return no(code, text, empty={"task_id": ""})


def down() -> Response:
    """The gateway's answer; MiniMax documents no HTTP status for errors."""
    return gateway_down()


def broken() -> Response:
    return no(1033, empty={"task_id": ""})


def not_a_body(reason: str) -> Response:
    return no_task(BAD_PARAMETERS, f"invalid params, {reason}")


def bad_field(path: str, reason: str, kind: str) -> Response:
    return no_task(BAD_PARAMETERS, f"invalid params, {path}: {reason}")


def identify(request: Request) -> str:
    """The caller's key.

    Raises:
        WireError: 1004 without one or with a wrong one, 2049 with one of the other region.
    """
    key = keys.bearer(request)
    match keys.worth(key):
        case Key.MISSING | Key.BAD:
            raise WireError(no_task(1004))
        case Key.ELSEWHERE:
            raise WireError(no_task(2049))
        case _:
            return key


def admit(store: TaskStore, *, key: str) -> None:
    """Count a create and let it in, unless credit or rate forbid it.

    Raises:
        WireError: with the reason.
    """
    store.submits += 1
    if keys.worth(key) is Key.POOR:
        raise WireError(no_task(2056 if key.startswith("poor-window-") else 1008))
    if store.hits(FaultKind.RATE_LIMITED):
        raise WireError(no_task(1002))
