"""Serves people's pictures to the vendors that fetch them, at signed addresses that are valid for about an hour."""

from datetime import UTC, datetime
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from core.domain.chat.addresses import Addresses
from core.domain.errors import NotStored
from core.domain.requests.pictures import key_of
from core.ports import Storage

HEADERS = {
    "cache-control": "private, no-store",
    "content-security-policy": "default-src 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}


class Pictures:
    """Serves the addresses that `worker.pictures` makes."""

    def __init__(self, *, addresses: Addresses, storage: Storage) -> None:
        self._addresses = addresses
        self._storage = storage

    def routes(self) -> list[BaseRoute]:
        return [Route("/p/{token}.jpg", self._picture)]

    async def _picture(self, request: Request) -> Response:
        named = self._addresses.pictured(request.path_params["token"])
        if named is None:
            return Response(status_code=HTTPStatus.NOT_FOUND, headers=HEADERS)
        sha256, until = named
        if datetime.now(UTC) >= until:
            return Response(status_code=HTTPStatus.GONE, headers=HEADERS)
        try:
            data = await self._storage.read(key_of(sha256))
        except NotStored:
            return Response(status_code=HTTPStatus.GONE, headers=HEADERS)
        return Response(data, media_type="image/jpeg", headers=HEADERS)
