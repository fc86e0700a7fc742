"""Where finished clips are fetched: signed addresses that expire, and the MP4 itself with ranges and an ETag."""

import hmac
import secrets
from hashlib import sha256
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from sandbox.render import Clip, Renderer
from sandbox.vendors.middleware import WireError
from sandbox.vendors.task_store import TaskStore
from sandbox.vendors.tasks import Phase, Task

CDN_PATH = "/cdn/{task_id}.mp4"


class Cdn:
    """The clips of one vendor, behind addresses of the object-store kind.

    Args:
        store: whose tasks.
        renderer: makes the files.
        life_s: how long an address works.
    """

    def __init__(self, store: TaskStore, renderer: Renderer, *, life_s: float) -> None:
        self.life_s = life_s
        self._store = store
        self._renderer = renderer
        self._secret = secrets.token_bytes(16)

    def address(self, base: str, task: Task, *, since: float | None = None) -> str:
        """Where the clip can be fetched for `life_s` from the task's end on, or from `since`."""
        begin = task.times.finishes_at if since is None else since
        expires = int(begin + self.life_s)
        return f"{base}/cdn/{task.id}.mp4?Expires={expires}&Signature={self._signature(task.id, expires)}"

    async def fetch(self, request: Request) -> Response:
        """Answer a GET of an address that `address` gave."""
        task = self._store.find(request.path_params["task_id"])
        expires = request.query_params.get("Expires", "")
        signature = request.query_params.get("Signature", "")
        if not expires.isdecimal():
            raise WireError(_denied("AccessDenied", "You have no right to access this object."))
        if not hmac.compare_digest(
            signature.encode(), self._signature(request.path_params["task_id"], int(expires)).encode()
        ):
            raise WireError(_denied("SignatureDoesNotMatch", "The request signature does not match."))
        if self._store.now() > int(expires):
            raise WireError(_denied("AccessDenied", "Request has expired."))
        if task is None or self._store.phase(task) is not Phase.SUCCEEDED:
            raise WireError(_denied("NoSuchKey", "The specified key does not exist.", status=404))
        return await self.deliver(request, task.clip)

    async def deliver(self, request: Request, clip: Clip) -> Response:
        """The MP4 of a clip, whole or in ranges."""
        etag = f'"{clip.name}"'
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers={"etag": etag})
        path = await self._renderer.path(clip)
        return FileResponse(path, media_type="video/mp4", headers={"etag": etag, "accept-ranges": "bytes"})

    async def content(self, clip: Clip) -> bytes:
        """The bytes of a clip."""
        path = await self._renderer.path(clip)
        return path.read_bytes()

    async def size(self, clip: Clip) -> int:
        """How many bytes a clip has."""
        return (await self._renderer.path(clip)).stat().st_size

    def _signature(self, task_id: str, expires: int) -> str:
        return hmac.new(self._secret, f"{task_id}\n{expires}".encode(), sha256).hexdigest()[:32]


def _denied(code: str, message: str, *, status: int = 403) -> Response:
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>'
    )
    return Response(body, status_code=status, media_type="application/xml")
