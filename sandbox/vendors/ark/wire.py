"""How Ark says no, and how it checks a key."""

import secrets
import time

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.vendors import keys
from sandbox.vendors.keys import Key
from sandbox.vendors.middleware import WireError, gateway_down
from sandbox.vendors.task_store import TaskStore
from sandbox.world import FaultKind

HTTP_OF = {
    "AuthenticationError": 401,
    "AccountOverdueError": 403,
    "AccessDenied": 403,
    "InvalidEndpointOrModel.NotFound": 404,
    "ModelNotOpen": 404,
    "TaskRunningCannotCancel": 409,
    "QuotaExceeded": 429,
    "ModelAccountRpmRateLimitExceeded": 429,
    "ServerOverloaded": 429,
    "InternalServiceError": 500,
}
"""Every code that is not a 400."""

QUOTA_TEXTS = {
    "poor-queue-": "The request has exceeded the quota of queued tasks for this model.",
    "poor-trial-": "Your account has used up the free trial quota of this model. Please activate the model service.",
    "poor-window-": "You have used up the 5-hour quota of your plan. It will reset at 2026-11-23 00:00:00 +0800 CST.",
}
"""Three meanings of one code, told apart by text alone; the key's prefix chooses."""


def request_id() -> str:
    return "0217" + secrets.token_hex(16)


def no(code: str, message: str, *, param: str = "") -> Response:
    """An HTTP error with Ark's four keys."""
    known = request_id()
    kind = {401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 429: "TooManyRequests", 500: "InternalServerError"}
    status = HTTP_OF.get(code, 404 if code.startswith("NotFound.") else 400)
    error = {
        "code": code,
        "message": f"{message} Request id: {known}",
        "param": param,
        "type": kind.get(status, "BadRequest" if status == 400 else ""),
    }
    return JSONResponse({"error": error}, status_code=status, headers={"x-request-id": known})


def down() -> Response:
    """The gateway's answer: Ark's own codes know no 503."""
    return gateway_down()


def broken() -> Response:
    return no("InternalServiceError", "The service encountered an unexpected internal error.")


def not_a_body(reason: str) -> Response:
    return no("InvalidParameter", f"The request body is not valid: {reason}.")


def bad_field(path: str, reason: str, kind: str) -> Response:
    """A field that is missing, unknown or wrong."""
    if kind == "missing":
        return no("MissingParameter", f"The required parameter `{path}` is missing.", param=path)
    if kind == "extra_forbidden":
        return no("InvalidParameter.UnsupportedParameter", f"The parameter `{path}` is not supported.", param=path)
    text = f"The parameter `{path}` specified in the request is not valid: {reason}."
    return no("InvalidParameter", text, param=path)


def identify(request: Request) -> str:
    """The caller's key.

    Raises:
        WireError: it is missing, wrong, or made for another route.
    """
    key = keys.bearer(request)
    match keys.worth(key):
        case Key.MISSING:
            raise WireError(no("AuthenticationError", "The API key in the request is missing or invalid."))
        case Key.BAD | Key.ELSEWHERE:
            raise WireError(no("AuthenticationError", "The API key format is incorrect or the key does not exist."))
        case _:
            return key


def admit(store: TaskStore, *, key: str) -> None:
    """Count a create and let it in, unless credit or rate forbid it.

    Raises:
        WireError: with the reason. Ark documents no Retry-After, so there is none.
    """
    store.submits += 1
    if keys.worth(key) is Key.POOR:
        for prefix, text in QUOTA_TEXTS.items():
            if key.startswith(prefix):
                raise WireError(no("QuotaExceeded", text))
        raise WireError(no("AccountOverdueError", "The request failed because your account has an overdue balance."))
    if store.hits(FaultKind.RATE_LIMITED):
        text = "The requests per minute (RPM) limit of the model for your account has been exceeded."
        raise WireError(no("ModelAccountRpmRateLimitExceeded", text))


def task_id() -> str:
    """`cgt-`, the time in UTC+8, and five characters."""
    stamp = time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + 8 * 3600))
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    return f"cgt-{stamp}-" + "".join(secrets.choice(letters) for _ in range(5))
