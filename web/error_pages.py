"""Answers an error: a page for a browser, JSON for everybody else, and details for nobody."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from web.sheets import SHEET_HEADERS, join, sheet, tag

AGAIN_S = 5
_WORDS = {
    403: ("This form is too old", "Go back, load the page again, and send it once more."),
    404: ("There is no such page", "The address may be cut, or what was there is gone."),
    503: (
        "One moment, please",
        "Something behind this page does not answer right now. Nothing is lost: try again soon.",
    ),
}
_ELSE = ("That did not work", "The request was not understood.")


def answer(
    request: Request, status: int, *, detail: str | None = None, headers: dict[str, str] | None = None
) -> Response:
    """An error in the form that the client asks for."""
    detail = detail or HTTPStatus(status).phrase
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"error": detail}, status, headers=headers)
    title, advice = _WORDS.get(status, _ELSE)
    ways = (("Front page", "/", "button"), ("Status", "/status", "button quiet"))
    on = tag("p", *(tag("a", name, href=path, class_=look) for name, path, look in ways), class_="actions")
    body = join([tag("h1", title), tag("p", advice, class_="soft"), on])
    page = sheet(f"{title} · Neverdark", body, header=tag("a", "Neverdark", href="/"))
    kept = {**SHEET_HEADERS, "cache-control": "no-store", "x-robots-tag": "noindex", **(headers or {})}
    return Response(page, status, media_type="text/html", headers=kept)
