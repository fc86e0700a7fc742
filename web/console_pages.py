"""A page of the console as an answer that no cache stores and no search engine indexes."""

from starlette.responses import Response

from web.sheets import SHEET_HEADERS


def page(text: str, status: int = 200) -> Response:
    headers = {**SHEET_HEADERS, "cache-control": "no-store", "x-robots-tag": "noindex"}
    return Response(text, status, media_type="text/html", headers=headers)
