"""Google's files: the videos of the Gemini API for two days, with the key; and objects of a customer's own bucket."""

from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from sandbox.vendors.cdn import Cdn
from sandbox.vendors.google import wire
from sandbox.vendors.middleware import VendorMiddleware, WireError, base_url
from sandbox.vendors.task_store import TaskStore
from sandbox.vendors.tasks import End, Phase, Task

OFFICIAL = "https://generativelanguage.googleapis.com"


class Files:
    """Serves what the tasks made."""

    def __init__(self, store: TaskStore, middleware: VendorMiddleware, cdn: Cdn) -> None:
        self._store = store
        self._middleware = middleware
        self._cdn = cdn

    def routes(self) -> list[BaseRoute]:
        """Files by id, and storage objects in the three forms that clients use."""
        route = self._middleware.route
        return [
            route("/{version}/files/{file_id}:download", self._download),
            route("/{version}/files/{file_id}", self._metadata),
            route("/storage/v1/b/{bucket}/o/{name:path}", self._object),
            route("/download/storage/v1/b/{bucket}/o/{name:path}", self._object),
            route("/gcs/{bucket}/{name:path}", self._object),
        ]

    def address(self, task: Task, request: Request) -> str:
        """Where the video can be downloaded.

        The official SDK takes the id from an address of Google's own form and asks its configured host for it; given
        ours it would build a malformed path. So it alone is told the official address.
        """
        official = request.headers.get("user-agent", "").startswith("google-genai-sdk/")
        return f"{OFFICIAL if official else base_url(request)}/v1beta/files/{task.id}:download?alt=media"

    async def _download(self, request: Request) -> Response:
        task = self._known(request)
        if request.query_params.get("alt") != "media":
            raise WireError(wire.no(400, "alt must be media to download a file."))
        return await self._cdn.deliver(request, task.clip)

    async def _metadata(self, request: Request) -> Response:
        task = self._known(request)
        return JSONResponse(
            {
                "name": f"files/{task.id}",
                "mimeType": "video/mp4",
                "sizeBytes": str(await self._cdn.size(task.clip)),
                "uri": f"{base_url(request)}/v1beta/files/{task.id}",
                "downloadUri": self.address(task, request),
                "state": "ACTIVE",
                "source": "GENERATED",
            }
        )

    def _known(self, request: Request) -> Task:
        wire.check_version(request)
        wire.key_or_token(request)
        file_id = request.path_params["file_id"]
        task = self._store.find(file_id)
        if task is None or task.end is End.EMPTY or self._store.phase(task) is not Phase.SUCCEEDED:
            raise WireError(wire.no(404, f"File {file_id} not found."))
        if self._store.now() > task.times.finishes_at + self._cdn.life_s:
            raise WireError(wire.no(404, f"File {file_id} not found: it has expired."))
        return task

    async def _object(self, request: Request) -> Response:
        wire.token(request)
        uri = f"gs://{request.path_params['bucket']}/{unquote(request.path_params['name'])}"
        for task in self._store.newest(within_s=14 * 24 * 3600):
            if uri in task.wire.get("objects", ()) and self._store.phase(task) is Phase.SUCCEEDED:
                return await self._cdn.deliver(request, task.clip)
        raise WireError(wire.no(404, f"No such object: {uri.removeprefix('gs://')}"))
