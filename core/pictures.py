"""Prepares the pictures that people give: a media process opens each and writes it again in our format."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from core.domain.errors import MediaAway
from core.domain.requests import refusals
from core.domain.requests.pictures import PICTURE_BYTES_MAX, Sides
from core.domain.requests.refusals import NotAPicture, PictureLate, PictureTooLarge
from core.media.limits import PICTURE
from core.media.pool import Pool, Unfit
from core.media.pool import pool as ours

MIME_TYPE = "image/jpeg"
"""The format that every vendor takes: Kling takes no WebP, Wan no transparency (2026-11-22)."""
OPEN_S = 30.0
"""Seconds that a picture may wait for its turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A prepared picture: a JPEG, with the hash of its bytes."""

    data: bytes
    sha256: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The sides of a picture that was written, in pixels."""

    width: int
    height: int


async def prepared(data: bytes, *, owner: str = "", pool: Pool = ours) -> Written:
    """The prepared picture of a stranger's file.

    Args:
        owner: the owner of the file; turns are fair among owners.

    Raises:
        NotAPicture, PictureTooLarge, PictureTooSmall, PictureTooNarrow
        PictureLate: it could not be opened now.
    """
    if len(data) > PICTURE_BYTES_MAX:
        raise PictureTooLarge(bytes_max=PICTURE_BYTES_MAX)
    async with _folder(data) as (raw, made):
        sides = await prepare(raw, to=made, owner=owner, pool=pool)
        written = await asyncio.to_thread(made.read_bytes)
    return Written(data=written, sha256=sha256(written).hexdigest(), width=sides.width, height=sides.height)


async def prepare(path: Path, *, to: Path, owner: str = "", pool: Pool = ours) -> Measured:
    """The same from file to file, for many pictures at a time: none is held in this process's memory.

    Raises:
        As `prepared`.
    """
    if (await asyncio.to_thread(path.stat)).st_size > PICTURE_BYTES_MAX:
        raise PictureTooLarge(bytes_max=PICTURE_BYTES_MAX)
    found = await _run(pool, "picture", {"path": str(path), "to": str(to)}, owner=owner)
    return Measured(width=int(found["width"]), height=int(found["height"]))


async def resized(data: bytes, sides: Sides, *, owner: str = "", pool: Pool = ours) -> bytes:
    """One of our own pictures, resized to sides that a vendor takes; unchanged if they fit already.

    Raises:
        NotAPicture: it is not a picture that was prepared here.
        PictureLate: it could not be opened now.
    """
    async with _folder(data) as (raw, made):
        known = {"path": str(raw), "to": str(made), "least": sides.least, "most": sides.most}
        found = await _run(pool, "resize", known, owner=owner)
        return await asyncio.to_thread(made.read_bytes) if found["changed"] else data


async def _run(pool: Pool, job: str, known: dict[str, Any], *, owner: str) -> dict[str, Any]:
    try:
        found = await pool.run(job, known, limits=PICTURE, owner=owner, wait_s=OPEN_S)
    except Unfit as error:
        raise (PictureTooLarge(bytes_max=PICTURE_BYTES_MAX) if error.too_much else NotAPicture()) from error
    except MediaAway as error:
        raise PictureLate from error
    if "refused" in found:
        raise getattr(refusals, found["refused"])(**found["facts"])
    return found


@asynccontextmanager
async def _folder(data: bytes) -> AsyncIterator[tuple[Path, Path]]:
    """A folder with the picture in a file, and the path of the result."""
    folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="nd-picture-")
    try:
        raw = Path(folder.name) / "raw"
        await asyncio.to_thread(raw.write_bytes, data)
        yield raw, Path(folder.name) / "made"
    finally:
        await asyncio.to_thread(folder.cleanup)
