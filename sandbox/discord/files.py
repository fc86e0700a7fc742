"""The stand-in's CDN: uploads are kept below the world's home and served with ranges, as a video player needs."""

import mimetypes
import re
import shutil
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, UnidentifiedImageError
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.discord.model import Attachment
from sandbox.world import World

_ODD = re.compile(r"[^\w.\-]+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file as it came in."""

    filename: str
    data: bytes
    description: str | None = None


class Files:
    """Keeps attachments as files; a fresh start forgets those of the run before, as their messages are gone too."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._root = (world.home / "discord" / "attachments").resolve()
        shutil.rmtree(self._root, ignore_errors=True)

    def keep(self, upload: Upload, *, attachment_id: int, channel_id: int, ephemeral: bool = False) -> Attachment:
        """Write one upload and say where it is."""
        filename = _ODD.sub("_", upload.filename).strip(".") or "unknown"
        folder = self._root / str(channel_id) / str(attachment_id)
        folder.mkdir(parents=True)
        path = folder / filename
        path.write_bytes(upload.data)
        content_type = mimetypes.guess_type(filename)[0] or "application/octet-stream"
        width, height = _size(upload.data) if content_type.startswith("image/") else (None, None)
        return Attachment(
            id=attachment_id,
            filename=filename,
            content_type=content_type,
            size=len(upload.data),
            url=f"{self._world.base_url}/discord/cdn/attachments/{channel_id}/{attachment_id}/{filename}",
            path=path,
            description=upload.description,
            ephemeral=ephemeral,
            width=width,
            height=height,
        )

    def forget(self, attachment: Attachment) -> None:
        """Delete the file of a message that is gone."""
        shutil.rmtree(attachment.path.parent, ignore_errors=True)

    def routes(self) -> list[BaseRoute]:
        return [Route("/cdn/attachments/{channel:int}/{attachment:int}/{filename}", self._serve)]

    async def _serve(self, request: Request) -> Response:
        path = self._path(request)
        if not path.is_file():
            return PlainTextResponse("This content is no longer available.", status_code=404)
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return FileResponse(path, media_type=media_type, headers={"Access-Control-Allow-Origin": "*"})

    def _path(self, request: Request) -> Path:
        place = request.path_params
        path = self._root / str(place["channel"]) / str(place["attachment"]) / place["filename"]
        return path if path.resolve().is_relative_to(self._root) else self._root / "outside"


def _size(data: bytes) -> tuple[int | None, int | None]:
    try:
        with Image.open(BytesIO(data)) as picture:
            return picture.size
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None, None
