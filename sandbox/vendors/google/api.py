"""Google's host: every route that leads to a Veo or Omni video."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from sandbox.vendors.all_vendors import Vendors
from sandbox.vendors.google import wire
from sandbox.vendors.google.files import Files
from sandbox.vendors.google.gemini import Gemini
from sandbox.vendors.google.omni import Omni
from sandbox.vendors.google.static_webhooks import StaticWebhooks
from sandbox.vendors.google.vertex import Vertex
from sandbox.vendors.google.webhooks import Webhooks
from sandbox.vendors.middleware import ALL_METHODS, VendorMiddleware


class Google:
    """generativelanguage.googleapis.com, aiplatform.googleapis.com and storage.googleapis.com in one."""

    def __init__(self, vendors: Vendors) -> None:
        store, cdn = vendors.stores["veo"], vendors.cdn("veo")
        self._middleware = VendorMiddleware(store, down=wire.down, broken=wire.broken)
        self._static = StaticWebhooks(vendors.callbacks, self._middleware)
        self._webhooks = Webhooks(vendors.callbacks, self._static)
        self._files = Files(store, self._middleware, cdn)
        self._parts = (
            Gemini(store, self._middleware, self._files, self._webhooks),
            Vertex(store, self._middleware, cdn),
            Omni(store, cdn, self._files, self._webhooks),
        )

    def routes(self) -> list[BaseRoute]:
        """Everything that Google's host answers, from its root on."""
        return [
            *self._webhooks.routes(),
            *self._static.routes(),
            *(route for part in self._parts for route in part.routes()),
            *self._files.routes(),
            self._middleware.route("/{path:path}", self._nowhere, methods=ALL_METHODS),
        ]

    async def _nowhere(self, request: Request) -> Response:
        page = "<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>"
        return Response(page, status_code=404, media_type="text/html")
