"""Finished clips and input pictures in a store: a local folder, S3, GCS or Azure, all through obstore.

Faults of the store, and of the disk of our own files, are raised as StorageAway, and only here.
"""

import asyncio
import errno
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import (
    BaseError,
    InvalidPathError,
    NotFoundError,
    NotSupportedError,
    UnknownConfigurationKeyError,
)
from obstore.store import AzureStore, GCSStore, LocalStore, ObjectStore, S3Store, from_url

from core import outages
from core.domain.errors import NotStored, StorageAway
from core.ports import Stored

if TYPE_CHECKING:
    from obstore import GetResult

_CHUNK = 1 << 20
_TIMEOUT_S = 120.0
_SMALL_TIMEOUT_S = 10.0
"""Seconds for a picture or an address, because an attempt waits for it and its lease is running."""
_PAGE = 500
_PIECE = 1 << 20
_PIECE_TIMEOUT_S = 30.0
_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ESTALE})
"""The errors of a full or broken disk. Any other error about our own files is a bug."""
REFUSALS = (BaseError,)
"""All exceptions of the driver, for callers that only report them."""

_BUGS = (InvalidPathError, NotSupportedError, UnknownConfigurationKeyError, NotImplementedError)
"""obstore's errors for a call that can never work."""


@contextmanager
def own_disk() -> Iterator[None]:
    """A context for work on our own files: errors of a full or broken disk become StorageAway.

    Raises:
        StorageAway
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK:
            raise
        raise StorageAway(f"the disk: {error.strerror}") from error


@asynccontextmanager
async def _asked(within_s: float, *, key: str) -> AsyncIterator[None]:
    """A context for a call to the store.

    Raises:
        NotStored: the store has no such file.
        StorageAway: the store is full, refuses, or has not answered in time.
    """
    try:
        async with asyncio.timeout(within_s):
            yield
    except (NotFoundError, FileNotFoundError) as error:
        outages.back("storage")
        raise NotStored(key) from error
    except _BUGS:
        raise
    except (BaseError, OSError, TimeoutError) as error:
        outages.away("storage", type(error).__name__)
        raise StorageAway(f"the store: {type(error).__name__}") from error
    outages.back("storage")


class ObjectStorage:
    """The Storage port over any store that obstore knows."""

    def __init__(self, url: str) -> None:
        """Open a store.

        Args:
            url: file:///folder, s3://bucket/prefix, gs://bucket/prefix or az://container/prefix.
        """
        self._folder = Path(url.removeprefix("file://")) if url.startswith("file://") else None
        self._opened: ObjectStore | None = None if self._folder is not None else from_url(url)

    @property
    def _store(self) -> ObjectStore:
        """The store. A folder is opened at its first use, because its disk may be missing when a process starts."""
        if self._opened is None:
            assert self._folder is not None  # noqa: S101 - the other stores are opened above
            self._folder.mkdir(parents=True, exist_ok=True)
            self._opened = LocalStore(self._folder, mkdir=True)
        return self._opened

    async def put(self, key: str, path: Path, *, content_type: str) -> Stored:
        """Store a file under a key. The store shows it whole or not at all."""
        with own_disk():
            sha256, size = await asyncio.to_thread(_measure, path)
        attributes = None if self._folder is not None else {"Content-Type": content_type}
        async with _asked(_TIMEOUT_S if size > _CHUNK else _SMALL_TIMEOUT_S, key=key):
            try:
                await obstore.put_async(self._store, key, path, attributes=attributes)
            except (NotFoundError, FileNotFoundError) as error:
                raise StorageAway("the store is not there") from error  # the bucket, or the folder
        return Stored(key=key, sha256=sha256, size=size)

    async def fetch(self, key: str, *, to: Path) -> None:
        """Write a stored file to a local path, piece by piece."""
        with own_disk(), to.open("wb") as file:
            async with _asked(_TIMEOUT_S, key=key):
                answer = await obstore.get_async(self._store, key)
                async for chunk in answer.stream(min_chunk_size=_CHUNK):
                    await asyncio.to_thread(file.write, chunk)

    async def read(self, key: str) -> bytes:
        """The whole of a small file."""
        async with _asked(_SMALL_TIMEOUT_S, key=key):
            answer = await obstore.get_async(self._store, key)
            return bytes(await answer.bytes_async())

    async def open_range(self, key: str, *, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to but without `end`, piece by piece, with one piece in memory at most."""
        async with _asked(_PIECE_TIMEOUT_S, key=key):
            answer = await obstore.get_async(self._store, key, options={"range": (start, end)})
        return _pieces(answer, key)

    async def sign(self, key: str, *, for_s: float) -> str | None:
        """The store's own address of a file, valid for so long; None for a local folder."""
        if self._folder is not None or not isinstance(self._store, S3Store | GCSStore | AzureStore):
            return None
        async with _asked(_SMALL_TIMEOUT_S, key=key):
            return await obstore.sign_async(self._store, "GET", key, timedelta(seconds=for_s))

    async def older(self, folder: str, *, than: datetime) -> AsyncIterator[list[str]]:
        """The keys in a folder that were stored before then, some at a time."""
        pages = obstore.list(self._store, folder, chunk_size=_PAGE)
        while True:
            async with _asked(_TIMEOUT_S, key=folder):
                page = await anext(pages, None)
            if page is None:
                return
            yield [str(file["path"]) for file in page if file["last_modified"] < than]

    async def delete_below(self, folder: str) -> None:
        """Remove every file in a folder; none is no error."""
        async with asyncio.timeout(_TIMEOUT_S):
            async for found in obstore.list(self._store, folder):
                for file in found:
                    await self.delete(str(file["path"]))

    async def delete(self, key: str) -> None:
        """Remove a file; one that is not there is no error."""
        with suppress(NotStored):
            async with _asked(_TIMEOUT_S, key=key):
                await obstore.delete_async(self._store, key)


async def _pieces(answer: "GetResult", key: str) -> AsyncIterator[bytes]:
    stream = answer.stream(min_chunk_size=_PIECE)
    while True:
        async with _asked(_PIECE_TIMEOUT_S, key=key):
            piece = await anext(stream, None)
        if piece is None:
            return
        yield bytes(piece)


def _measure(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size
