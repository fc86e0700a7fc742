"""How DashScope says no, how it writes times, and how it checks keys."""

import time
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.vendors import keys
from sandbox.vendors.keys import Key
from sandbox.vendors.middleware import WireError
from sandbox.vendors.task_store import TaskStore
from sandbox.world import FaultKind

UTC_PLUS_8_S = 8 * 3600


def no(status: int, code: str, message: str, *, headers: dict[str, str] | None = None) -> Response:
    """The flat error body."""
    body = {"code": code, "message": message, "request_id": str(uuid4())}
    return JSONResponse(body, status_code=status, headers=headers)


def down() -> Response:
    return no(503, "ServiceUnavailable", "The service is temporarily unavailable. Please try again later.")


def broken() -> Response:
    return no(500, "InternalError", "An internal error has occured, please try again later.")


def not_a_body(reason: str) -> Response:
    return no(400, "InvalidParameter", f"Request body format invalid: {reason}")


def identify(request: Request) -> str:
    """The caller's key.

    Raises:
        WireError: it is missing, wrong, or of another region.
    """
    key = keys.bearer(request)
    match keys.worth(key):
        case Key.MISSING:
            raise WireError(no(401, "InvalidApiKey", "No API-key provided."))
        case Key.BAD | Key.ELSEWHERE:
            raise WireError(no(401, "InvalidApiKey", "Invalid API-key provided."))
        case _:
            return key


def admit(store: TaskStore, *, key: str) -> None:
    """Count a create and let it in, unless credit or rate forbid it.

    Raises:
        WireError: with the reason.
    """
    store.submits += 1
    if key.startswith("poor-free-"):
        text = "The free tier of the model has been exhausted."
        raise WireError(no(403, "AllocationQuota.FreeTierOnly", text))
    if keys.worth(key) is Key.POOR:
        text = "Access denied, please make sure your account is in good standing."
        raise WireError(no(400, "Arrearage", text))
    if store.hits(FaultKind.RATE_LIMITED):
        text = "Requests rate limit exceeded, please try again later."
        raise WireError(no(429, "Throttling.RateQuota", text, headers={"retry-after": str(store.retry_after_s())}))


def stamp(unix_s: float) -> str:
    """A time without a zone, in UTC+8, to the millisecond."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(unix_s + UTC_PLUS_8_S)) + f".{int(unix_s * 1000) % 1000:03}"
