"""Makes a still of a clip, which is shown before the video plays and where a link to it is previewed."""

from pathlib import Path

from core.domain.errors import MediaAway
from core.media.limits import LOOK
from core.media.pool import Pool, Unfit
from core.media.pool import pool as ours

MIME_TYPE = "image/jpeg"


async def make(path: Path, *, to: Path, owner: str = "", pool: Pool = ours) -> bool:
    """Write a still of a clip. False if none could be made; the video is used all the same."""
    try:
        found = await pool.run("still", {"path": str(path), "to": str(to)}, limits=LOOK, owner=owner)
    except (Unfit, MediaAway):
        return False
    return bool(found["made"])


async def last_frame(path: Path, *, to: Path, owner: str = "", pool: Pool = ours) -> tuple[int, int] | None:
    """Write the last picture of a clip, and return its width and height; None if none could be made.

    Raises:
        MediaAway: not now.
    """
    try:
        found = await pool.run("last_frame", {"path": str(path), "to": str(to)}, limits=LOOK, owner=owner)
    except Unfit:
        return None
    sides = found["sides"]
    return (int(sides[0]), int(sides[1])) if sides else None
