"""How Replicate says no, how it checks tokens, and how it writes ids and times."""

import re
import secrets
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.vendors import keys
from sandbox.vendors.inputs import Problem
from sandbox.vendors.keys import Key
from sandbox.vendors.middleware import WireError

TITLES = {
    400: "Bad request",
    401: "Unauthenticated",
    402: "Insufficient credit",
    404: "Not found",
    422: "Input validation failed",
    429: "Too many requests",
    500: "Internal server error",
    503: "Service unavailable",
}
DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def no(status: int, detail: str, *, headers: dict[str, str] | None = None, **extra: Any) -> Response:
    """A problem body."""
    body = {"title": TITLES[status], "status": status, "detail": detail, **extra}
    return JSONResponse(body, status_code=status, headers=headers, media_type="application/problem+json")


def down() -> Response:
    return no(503, "The service is temporarily unavailable.")


def broken() -> Response:
    return no(500, "Something went wrong.")


def not_a_body(reason: str) -> Response:
    return no(400, reason)


def identify(request: Request) -> str:
    """The caller's token, as Bearer or in the older form.

    Raises:
        WireError: it is missing or wrong.
    """
    token = keys.bearer(request) or keys.after(request, "token")
    if keys.worth(token) not in {Key.FINE, Key.POOR}:
        raise WireError(no(401, "You did not pass a valid authentication token"))
    return token


def invalid(found: list[Problem]) -> Response:
    """The 422 of an input."""
    lines = "\n".join(f"- input.{each.name}: {each.text}" for each in found)
    fields = [{"field": f"input.{each.name}", "description": each.text, "type": each.kind} for each in found]
    return no(422, lines, invalid_fields=fields)


def seconds_of(text: str) -> float | None:
    """The length of `Cancel-After`, such as 90s, 1m or 1h30m."""
    match = DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(hours * 3600 + minutes * 60 + seconds)


def prediction_id() -> str:
    """Twenty-six letters and digits."""
    alphabet = "abcdefghjkmnpqrstvwxyz0123456789"
    return "".join(secrets.choice(alphabet) for _ in range(26))


def stamp(unix_s: float) -> str:
    """RFC 3339 with milliseconds, in UTC."""
    return datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
