"""How a request's JSON is read: each value is what the API wants, or the caller is told what is legal."""

import json
from collections.abc import Collection
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

_WEB = ("http://", "https://")


class BadInput(Exception):
    """The caller sent something that this API does not take; the message is a sentence for them."""


def refuse(request: Request, error: Exception) -> Response:
    """A 400 that says what was wrong."""
    return JSONResponse({"ok": False, "error": str(error)}, status_code=400)


async def body(request: Request) -> dict[str, Any]:
    """The JSON object that was posted."""
    try:
        posted = json.loads(await request.body())
    except ValueError as error:
        raise BadInput("The body must be a JSON object.") from error
    if not isinstance(posted, dict):
        raise BadInput("The body must be a JSON object.")
    return posted


def choice(posted: dict[str, Any], name: str, legal: Collection[str]) -> str:
    """One of a few words."""
    value = posted.get(name)
    if not isinstance(value, str) or value not in legal:
        raise BadInput(f"{name} must be one of {', '.join(legal)}{_not(posted, name)}.")
    return value


def text(posted: dict[str, Any], name: str) -> str:
    """A string with something in it."""
    value = posted.get(name)
    if not isinstance(value, str) or not value.strip():
        raise BadInput(f"{name} must be a text that is not empty{_not(posted, name)}.")
    return value


def maybe_text(posted: dict[str, Any], name: str) -> str | None:
    """A string with something in it, or nothing at all."""
    return None if posted.get(name) is None else text(posted, name)


def maybe_url(posted: dict[str, Any], name: str) -> str | None:
    """A web address, or nothing at all."""
    value = maybe_text(posted, name)
    if value is not None and not value.startswith(_WEB):
        raise BadInput(f"{name} must be a URL that begins with http:// or https://{_not(posted, name)}.")
    return value


def urls(posted: dict[str, Any], name: str) -> dict[str, str]:
    """An object whose values are web addresses, or files themselves as `data:` addresses."""
    value = texts(posted, name)
    if not all(each.startswith((*_WEB, "data:")) for each in value.values()):
        raise BadInput(f"{name} must be an object of URLs that begin with http://, https:// or data:.")
    return value


def number(posted: dict[str, Any], name: str, *, low: float, high: float, default: float | None = None) -> float:
    """A number from `low` to `high`; without a default it must be there."""
    value = posted.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadInput(f"{name} must be a number from {low:g} to {high:g}{_not(posted, name)}.")
    return float(value)


def maybe_number(posted: dict[str, Any], name: str, *, low: float, high: float) -> float | None:
    """A number from `low` to `high`, or nothing at all."""
    return None if posted.get(name) is None else number(posted, name, low=low, high=high)


def texts(posted: dict[str, Any], name: str) -> dict[str, str]:
    """An object whose values are texts; numbers are taken as they are written, null as empty."""
    value = posted.get(name)
    if not isinstance(value, dict) or any(isinstance(v, dict | list | bool) for v in value.values()):
        raise BadInput(f'{name} must be an object of texts, such as {{"prompt": "a red fox"}}.')
    return {key: "" if v is None else str(v) for key, v in value.items()}


def _not(posted: dict[str, Any], name: str) -> str:
    if name not in posted:
        return "; it is missing"
    shown = json.dumps(posted[name], ensure_ascii=False)
    return f", not {shown if len(shown) <= 60 else shown[:57] + '...'}"
