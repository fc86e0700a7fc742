"""Finished clips and input pictures in a store: a local folder, S3, GCS or Azure, all through obstore.

What is wrong with the store, or with the disk under our own files, is said here, and in one word: StorageAway.
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
"""For a picture or an address: an attempt waits for it, and its lease with it."""
_PAGE = 500
_PIECE = 1 << 20
_PIECE_TIMEOUT_S = 30.0
_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ESTALE})
"""What a disk says that is full, or does not work. Anything else about a file of our own is a bug."""
REFUSALS = (BaseError,)
"""All that the driver may raise, for whoever only wants to say what it said."""

_BUGS = (InvalidPathError, NotSupportedError, UnknownConfigurationKeyError, NotImplementedError)
"""What obstore says of a call that can never work, whatever the store does."""


@contextmanager
def own_disk() -> Iterator[None]:
    """Around work on our own files: a disk that is full or broken is the storage being away, too.

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
    """Around a question to the store.

    Raises:
        NotStored: it has no such file.
        StorageAway: it is full, refuses, or has not answered in time.
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
        """The store. A folder is opened when it is needed: it may be a disk that is not there when a process starts."""
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
                raise StorageAway("the store is not there") from error  # its bucket, or its folder: we have the file
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
        """The bytes from `start` up to but without `end`, piece by piece, never more than a piece in memory."""
        async with _asked(_PIECE_TIMEOUT_S, key=key):
            answer = await obstore.get_async(self._store, key, options={"range": (start, end)})
        return _pieces(answer, key)

    async def sign(self, key: str, *, for_s: float) -> str | None:
        """The store's own address of a file, good for so long. A local folder has none."""
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
