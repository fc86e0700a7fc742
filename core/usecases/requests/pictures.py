"""A person gives pictures for a video: each is fetched, proved to be one, and kept under a key made from its content.

All of that comes before the request is submitted, so that whatever is written down later can be made. A picture whose
video was never asked for in the end stays behind in the storage, named by nothing, until retention deletes it.
"""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from core.domain.errors import ErrorClass, ProviderError, TryLater
from core.domain.requests.pictures import PICTURE_BYTES_MAX, KeptPicture, framed, key_of, referring
from core.domain.requests.reference_refusals import PicturesMixed, TooManyReferences
from core.domain.requests.refusals import (
    LastPictureAlone,
    PictureLate,
    PictureNotFetched,
    PictureTooLarge,
)
from core.domain.requests.request import REFERENCES_MAX, VideoRequest, checked
from core.http.base_client import address
from core.http.client import Http, HttpSettings
from core.http.download import Origin, TooLarge, fetch
from core.pictures import MIME_TYPE, prepare
from core.ports import Storage
from core.storage import own_disk

FETCH_S = 15.0
KEEP_S = 45.0
"""All of it, for all pictures of a request. People wait for it, and are told that it takes a moment."""
WIRING = HttpSettings(
    download_s=FETCH_S, download_idle_s=6.0, download_bytes_max=PICTURE_BYTES_MAX, download_pause_s=0.3, connect_s=4.0
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a picture lies.

    Args:
        trusted: headers with a key in them, by the one origin that each may be sent to.
        allow_private: it may lie at a private address, and be had without TLS.
    """

    url: str
    trusted: Mapping[Origin, Mapping[str, str]] = field(default_factory=dict, repr=False)
    allow_private: bool = False


async def with_pictures(
    request: VideoRequest,
    *,
    first: Source | None,
    last: Source | None,
    references: Sequence[Source] = (),
    storage: Storage,
    wiring: HttpSettings = WIRING,
    owner: str = "",
) -> VideoRequest:
    """The request with the pictures that were given, once they are ours.

    Args:
        owner: who gave them; turns at the media processes are fair among them.

    Raises:
        Refused: nothing was taken, and why: of the request itself, before anything is fetched, or of a picture.
    """
    request = checked(replace(request, first_frame=None, last_frame=None, references=()))
    if references and (first is not None or last is not None):
        raise PicturesMixed
    if len(references) > REFERENCES_MAX:
        raise TooManyReferences(most=REFERENCES_MAX)
    if first is None and not references:
        if last is not None:
            raise LastPictureAlone
        return request
    try:
        async with asyncio.timeout(KEEP_S):
            if first is None:
                kept = [await keep(each, storage=storage, wiring=wiring, owner=owner) for each in references]
                return referring(request, to=kept)
            begins = await keep(first, storage=storage, wiring=wiring, owner=owner)
            ends = await keep(last, storage=storage, wiring=wiring, owner=owner) if last is not None else None
    except TimeoutError as error:
        raise PictureLate from error
    return framed(request, first=begins, last=ends)


async def keep(source: Source, *, storage: Storage, wiring: HttpSettings = WIRING, owner: str = "") -> KeptPicture:
    """Fetch a picture into our storage. The same picture twice is kept once.

    Raises:
        NotAPicture, PictureTooLarge, PictureTooSmall, PictureTooNarrow, PictureNotFetched, PictureLate
        StorageAway: nothing was kept.
    """
    with own_disk():
        folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="nd-picture-")
        try:
            return await _kept(source, Path(folder.name), storage, wiring, owner)
        finally:
            await asyncio.to_thread(folder.cleanup)


async def _kept(source: Source, folder: Path, storage: Storage, wiring: HttpSettings, owner: str) -> KeptPicture:
    raw, made = folder / "raw", folder / "made.jpg"
    await _fetched(source, raw, wiring)
    sides = await prepare(raw, to=made, owner=owner)
    digest = await asyncio.to_thread(_digest, made)
    stored = await storage.put(key_of(digest), made, content_type=MIME_TYPE)
    return KeptPicture(key=stored.key, width=sides.width, height=sides.height)


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


async def _fetched(source: Source, to: Path, wiring: HttpSettings) -> None:
    if not _is_address(source.url, plain=source.allow_private):
        raise PictureNotFetched
    http = Http("", wiring)
    try:
        await fetch(
            http,
            source.url,
            to=to,
            allow_private=source.allow_private,
            trusted=source.trusted,
            begins=lambda _: None,  # what it is, its decoder finds out
        )
    except TooLarge as error:
        raise PictureTooLarge(bytes_max=PICTURE_BYTES_MAX) from error
    except TryLater as error:
        raise (PictureLate if error.error_class is ErrorClass.TIMEOUT else PictureNotFetched) from error
    except ProviderError as error:
        raise PictureNotFetched from error
    finally:
        await http.aclose()


def _is_address(url: str, *, plain: bool) -> bool:
    known = address(url)
    return known is not None and (plain or known.scheme == "https")
