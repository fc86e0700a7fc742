"""The pictures of a generation as one route wants them: of a size that it takes, inline or by a signed link.

Every attempt reads them from our storage anew. What a vendor needs smaller is made each time from the same picture, so
that the same attempt always gets the same bytes.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from core.domain.errors import MediaAway, NotStored
from core.domain.generations.generation import Generation
from core.domain.ids import RouteKey
from core.domain.requests.pictures import key_of
from core.domain.requests.refusals import NotAPicture, PictureLate
from core.pictures import MIME_TYPE, resized
from core.ports import InputImage
from core.storage import own_disk
from worker.context import Context

INLINE_MAX = 1024 * 1024
"""Larger ones have been seen to make a vendor's create call hang (2026-11-22); up to here nothing can go wrong on the
way back to us."""
LINK_S = 2 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """What a video is to begin and to end with, or to show."""

    first: InputImage | None = None
    last: InputImage | None = None
    references: tuple[InputImage, ...] = ()


async def frames_of(generation: Generation, route: RouteKey, ctx: Context) -> Frames | None:
    """The pictures for an attempt at a route; None when one of them is not in our storage any more.

    Raises:
        StorageAway, MediaAway
    """
    request = generation.request
    try:
        return Frames(
            first=await _image(request.first_frame, route, ctx) if request.first_frame else None,
            last=await _image(request.last_frame, route, ctx) if request.last_frame else None,
            references=tuple([await _image(key, route, ctx) for key in request.references]),
        )
    except (NotStored, NotAPicture):
        return None
    except PictureLate as error:
        raise MediaAway("no media process in time") from error


async def _image(key: str, route: RouteKey, ctx: Context) -> InputImage:
    kept = await ctx.storage.read(key)
    data = await resized(kept, ctx.routes[route].facts.picture, owner=key)
    return InputImage(data=data, mime_type=MIME_TYPE, url=await _link(data, ctx) if len(data) > INLINE_MAX else None)


async def _link(data: bytes, ctx: Context) -> str | None:
    """Where a vendor can fetch this picture: at the store's own address, or at ours if the world can reach it."""
    digest = sha256(data).hexdigest()
    key = key_of(digest)
    reachable = ctx.addresses is not None and ctx.addresses.base.startswith("https://")
    signed = await ctx.storage.sign(key, for_s=LINK_S)
    if signed is None and not reachable:
        return None
    await _put(key, data, ctx)
    if signed is not None or ctx.addresses is None:
        return signed
    return ctx.addresses.picture(digest, until=datetime.now(UTC) + timedelta(seconds=LINK_S))


async def _put(key: str, data: bytes, ctx: Context) -> None:
    """Keep a version that a vendor needed; where nothing was changed it is there already, and the same."""

    def written() -> Path:
        with NamedTemporaryFile(dir=ctx.workdir, prefix="picture-", delete=False) as file:
            file.write(data)
        return Path(file.name)

    with own_disk():
        path = await asyncio.to_thread(written)
        try:
            await ctx.storage.put(key, path, content_type=MIME_TYPE)
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)
