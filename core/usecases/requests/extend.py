"""A person wants a video to go on: its last picture is what the next one begins with, and both become one file."""

import asyncio
import tempfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from core import posters
from core.db.errors import connection
from core.db.pool import Pool
from core.domain.chat.principal import Principal
from core.domain.errors import NotStored
from core.domain.generations.generation import Outcome
from core.domain.requests.pictures import KeptPicture, framed, key_of, measured
from core.domain.requests.refusals import NothingToExtend
from core.domain.requests.request import VideoRequest
from core.pictures import MIME_TYPE
from core.ports import Storage
from core.storage import own_disk
from core.usecases.generations.usable import usable


async def extend(generation_id: UUID, *, by: Principal, pool: Pool, storage: Storage) -> VideoRequest:
    """What the next part is asked for: the same words, from the last picture on. `submit` does the rest.

    Raises:
        UnknownGeneration, ResultGone
        NothingToExtend: there is no file of it here, or no picture in it that a vendor takes.
        DatabaseAway, StorageAway, MediaAway
    """
    async with connection(pool) as conn:
        generation = await usable(conn, generation_id, by=by)
    clip = generation.clip
    if clip is None or generation.outcome is not Outcome.SUCCEEDED:
        raise NothingToExtend
    with own_disk():
        folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="nd-extend-")
        try:
            path, made = Path(folder.name) / "clip.mp4", Path(folder.name) / "last.jpg"
            await storage.fetch(clip.key, to=path)
            sides = await posters.last_frame(path, to=made, owner=str(generation.team_id))
            if sides is None:
                raise NothingToExtend
            measured(*sides)
            key = key_of(sha256(await asyncio.to_thread(made.read_bytes)).hexdigest())
            await storage.put(key, made, content_type=MIME_TYPE)
        except NotStored as error:
            raise NothingToExtend from error
        finally:
            await asyncio.to_thread(folder.cleanup)
    last = KeptPicture(key=key, width=sides[0], height=sides[1])
    begun = replace(generation.request, seed=None, last_frame=None, references=(), extends=str(generation.id))
    return framed(begun, first=last)
