"""Examines video files (kind, completeness, length, size), and makes playable or smaller versions of them.

All of it runs in media processes (`core.media`). `NotAVideo` is a fault of the file; `MediaAway` means that no media
process was available, and says nothing about the file.
"""

from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.domain.clip_facts import ClipFacts, mending
from core.domain.errors import MediaAway
from core.media.boxes import Cut, NotAVideo
from core.media.limits import COPY, ENCODE, LOOK, TAKE_IN, Limits
from core.media.pool import Pool, Unfit
from core.media.pool import pool as ours

__all__ = [
    "CannotShrink",
    "ClipFacts",
    "Cut",
    "MediaAway",
    "NotAVideo",
    "Taken",
    "join",
    "label",
    "playable",
    "probe",
    "shrink",
    "take_in",
]

LABEL_BYTES = 1024
SHRINK_WAIT_S = 90.0
"""Seconds that a clip waits for its turn to be made smaller."""


class CannotShrink(Exception):
    """A file of that size would not be worth watching, or making it would take too long."""


async def probe(path: Path, *, owner: str = "", pool: Pool = ours) -> ClipFacts:
    """The facts of the file, after a check that it is a whole video that plays.

    Args:
        owner: the owner of the file; turns are fair among owners.

    Raises:
        Cut: a part of it is missing or broken; fetching it again may help.
        NotAVideo: it is no video, or needs more memory or time than a video may.
        MediaAway: it could not be examined now.
    """
    found = await _looked("look", {"path": str(path)}, limits=LOOK, owner=owner, pool=pool)
    return ClipFacts(**found["facts"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a file is that was proven to be a whole video, and what else it has by now.

    Args:
        is_ready: both chats show it as it is, and it says that it was made by AI where its kind has a place for that.
        has_still: the still is written.
    """

    facts: ClipFacts
    is_ready: bool
    has_still: bool


async def take_in(path: Path, *, still: Path | None, owner: str = "", pool: Pool = ours) -> Taken:
    """Prove that a file is a whole video that plays. Where it needs no mending, label it and make its still besides.

    One media process does all of it.

    Args:
        still: where the still is written; None: none is wanted.
        owner: whose it is; turns are fair among them.

    Raises:
        Cut, NotAVideo, MediaAway: as `probe`.
    """
    wanted = {"path": str(path), "still": str(still) if still is not None else None}
    found = await _looked("take_in", wanted, limits=TAKE_IN, owner=owner, pool=pool)
    return Taken(facts=ClipFacts(**found["facts"]), is_ready="ready" in found, has_still=found.get("still", False))


async def _looked(job: str, arguments: dict[str, Any], *, limits: Limits, owner: str, pool: Pool) -> dict[str, Any]:
    try:
        found = await pool.run(job, arguments, limits=limits, owner=owner)
    except Unfit as error:
        raise NotAVideo(str(error)) from error
    if "unfit" in found:
        raise (Cut if found["cut"] else NotAVideo)(found["unfit"])
    return found


async def playable(path: Path, facts: ClipFacts, *, to: Path, owner: str = "", pool: Pool = ours) -> ClipFacts | None:
    """Write a version that both chats play: H.264 and AAC in a fast-start MP4. None: the file is one already.

    Raises:
        NotAVideo: no such version could be made of it.
        MediaAway: not now.
    """
    how = mending(facts)
    if how is None:
        return None
    known = {"path": str(path), "to": str(to), "known": asdict(facts), "how": asdict(how)}
    heavy = how.encode_video
    try:
        found = await pool.run("mend", known, limits=ENCODE if heavy else COPY, owner=owner, heavy=heavy)
    except Unfit as error:
        raise NotAVideo(str(error)) from error
    if "unfit" in found:
        raise NotAVideo(found["unfit"])
    return await probe(to, owner=owner, pool=pool)


async def label(path: Path, *, owner: str = "", pool: Pool = ours) -> None:
    """Write into the file that it was made by AI, where its format has a place for that.

    Raises:
        MediaAway: not now.
    """
    with suppress(Unfit):
        await pool.run("label", {"path": str(path)}, limits=COPY, owner=owner)


async def join(first: Path, second: Path, *, to: Path, owner: str = "", pool: Pool = ours) -> ClipFacts:
    """Join both clips in one file, the second after the first, in the first one's size.

    Raises:
        NotAVideo: no such file could be made of them.
        MediaAway: not now.
    """
    known = [await probe(path, owner=owner, pool=pool) for path in (first, second)]
    arguments = {
        "path": str(first),
        "second": str(second),
        "to": str(to),
        "known": asdict(known[0]),
        "has_sound": any(each.has_audio for each in known),
    }
    try:
        found = await pool.run("join", arguments, limits=ENCODE, owner=owner, heavy=True)
    except Unfit as error:
        raise NotAVideo(str(error)) from error
    if "unfit" in found:
        raise NotAVideo(found["unfit"])
    return await probe(to, owner=owner, pool=pool)


async def shrink(path: Path, *, to: Path, size_max: int, owner: str = "", pool: Pool = ours) -> ClipFacts:
    """Encode the clip again, with fewer bits and if needed fewer pixels, so that it has at most `size_max` bytes.

    Raises:
        CannotShrink: it cannot be made so small, or not in time.
        NotAVideo: it cannot be read.
    """
    known = await probe(path, owner=owner, pool=pool)
    arguments = {"path": str(path), "to": str(to), "known": asdict(known), "size_max": size_max - LABEL_BYTES}
    try:
        found = await pool.run("shrink", arguments, limits=ENCODE, owner=owner, heavy=True, wait_s=SHRINK_WAIT_S)
    except (Unfit, MediaAway) as error:
        raise CannotShrink(str(error)) from error
    if "unfit" in found:
        raise CannotShrink(found["unfit"])
    with suppress(MediaAway):
        await label(to, owner=owner, pool=pool)
    return await probe(to, owner=owner, pool=pool)
