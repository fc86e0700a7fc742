"""Links to clips: a page with a player, the file with ranges, a still, and a page for links that show nothing."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from core.db.errors import connection
from core.db.generations import clip_links
from core.db.generations.clip_links import Linked
from core.db.pool import Pool
from core.domain.chat.addresses import Addresses
from core.domain.errors import NotStored
from core.domain.generations.generation import Clip
from core.domain.ids import ProviderName
from core.ports import Storage
from web.pages import GONE_HEADERS, PLAYER_HEADERS, Gone, gone_page, player_page
from web.ranges import Part, Whole, wanted

SIGNED_S = 3600.0
"""Seconds that the store's own address is valid: a video may be paused, and a revoked link has to end."""

FILE_HEADERS = {
    "accept-ranges": "bytes",
    "cache-control": "private, max-age=300",
    "content-security-policy": "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}
"""Headers of a file. The style is the one of the page that browsers make around a video."""
POSTER_HEADERS = {
    "cache-control": "private, max-age=300",
    "content-security-policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}


class Links:
    """Serves what links lead to."""

    def __init__(
        self, *, addresses: Addresses, pool: Pool, storage: Storage, labels: Mapping[ProviderName, str]
    ) -> None:
        self._addresses = addresses
        self._pool = pool
        self._storage = storage
        self._labels = labels

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/v/{token}.mp4", self._file),
            Route("/v/{token}.jpg", self._poster),
            Route("/v/{token}", self._page),
        ]

    async def _page(self, request: Request) -> Response:
        linked = await self._linked(request.path_params["token"])
        if isinstance(linked, Gone) or linked.clip is None:
            return _gone(linked)
        page = player_page(
            linked,
            linked.clip,
            address=f"{self._addresses.base}/v/{request.path_params['token']}",
            maker=self._labels.get(linked.maker) if linked.maker else None,
        )
        return Response(page, media_type="text/html", headers=PLAYER_HEADERS)

    async def _file(self, request: Request) -> Response:
        linked = await self._linked(request.path_params["token"])
        if isinstance(linked, Gone) or linked.clip is None:
            return _gone(linked)
        # A browser saves what our answer calls an attachment. At the store's own address it would play it.
        is_download = "download" in request.query_params
        signed = None if is_download else await self._storage.sign(linked.clip.key, for_s=SIGNED_S)
        if signed is not None:
            return RedirectResponse(signed, HTTPStatus.FOUND, headers={"cache-control": "private, no-store"})
        return await self._stream(request, linked, linked.clip)

    async def _poster(self, request: Request) -> Response:
        linked = await self._linked(request.path_params["token"])
        if isinstance(linked, Gone) or linked.clip is None:
            return _gone(linked)
        signed = await self._storage.sign(linked.clip.poster_key, for_s=SIGNED_S)
        if signed is not None:
            return RedirectResponse(signed, HTTPStatus.FOUND, headers={"cache-control": "private, no-store"})
        try:
            still = await self._storage.read(linked.clip.poster_key)
        except NotStored:
            raise HTTPException(HTTPStatus.NOT_FOUND) from None
        return Response(still, headers=POSTER_HEADERS, media_type="image/jpeg")

    async def _stream(self, request: Request, linked: Linked, clip: Clip) -> Response:
        etag = f'"{clip.sha256}"'
        name = f"neverdark-{linked.generation_id.hex[:8]}.mp4"
        how = "attachment" if "download" in request.query_params else "inline"
        headers = {**FILE_HEADERS, "etag": etag, "content-disposition": f'{how}; filename="{name}"'}
        part = wanted(request.headers, size=clip.size, etag=etag)
        match part:
            case Whole.NOT_CHANGED:
                return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
            case Whole.OUT_OF_RANGE:
                return Response(
                    status_code=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
                    headers={**headers, "content-range": f"bytes */{clip.size}"},
                )
            case Whole.FILE:
                status, start, end = HTTPStatus.OK, 0, clip.size
            case Part(start, end):
                status = HTTPStatus.PARTIAL_CONTENT
                headers["content-range"] = f"bytes {start}-{end - 1}/{clip.size}"
        headers["content-length"] = str(end - start)
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers, media_type="video/mp4")
        try:
            pieces = await self._storage.open_range(clip.key, start=start, end=end)
        except NotStored:
            return _gone(Gone.DELETED)
        return StreamingResponse(pieces, status, headers=headers, media_type="video/mp4")

    async def _linked(self, token: str) -> Linked | Gone:
        named = self._addresses.link(token)
        if named is None:
            return Gone.UNKNOWN
        async with connection(self._pool) as conn:
            linked = await clip_links.find(conn, named[0])
        if linked is None:
            return Gone.UNKNOWN
        if linked.live:
            return linked
        return Gone.REVOKED if linked.revoked else Gone.EXPIRED


def _gone(why: Linked | Gone) -> Response:
    reason = why if isinstance(why, Gone) else Gone.DELETED
    status = HTTPStatus.NOT_FOUND if reason is Gone.UNKNOWN else HTTPStatus.GONE
    return Response(gone_page(reason), status, media_type="text/html", headers=GONE_HEADERS)
