"""Finished clips and input pictures in a store: a local folder, S3, GCS or Azure, all through obstore."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import NotFoundError
from obstore.store import AzureStore, GCSStore, LocalStore, ObjectStore, S3Store, from_url

from core.ports import NotStored, Stored

if TYPE_CHECKING:
    from obstore import GetResult

_CHUNK = 1 << 20
_TIMEOUT_S = 120.0
_PIECE = 1 << 20
_PIECE_TIMEOUT_S = 30.0


class ObjectStorage:
    """The Storage port over any store that obstore knows."""

    def __init__(self, url: str) -> None:
        """Open a store.

        Args:
            url: file:///folder, s3://bucket/prefix, gs://bucket/prefix or az://container/prefix.
        """
        self._store: ObjectStore
        if url.startswith("file://"):
            folder = Path(url.removeprefix("file://"))
            folder.mkdir(parents=True, exist_ok=True)
            self._store = LocalStore(folder, mkdir=True)
        else:
            self._store = from_url(url)

    async def put(self, key: str, path: Path, *, content_type: str) -> Stored:
        """Store a file under a key. The store shows it whole or not at all."""
        sha256, size = await asyncio.to_thread(_measure, path)
        attributes = None if isinstance(self._store, LocalStore) else {"Content-Type": content_type}
        async with asyncio.timeout(_TIMEOUT_S):
            await obstore.put_async(self._store, key, path, attributes=attributes)
        return Stored(key=key, sha256=sha256, size=size)

    async def fetch(self, key: str, *, to: Path) -> None:
        """Write a stored file to a local path, piece by piece."""
        async with asyncio.timeout(_TIMEOUT_S):
            answer = await obstore.get_async(self._store, key)
            with to.open("wb") as file:
                async for chunk in answer.stream(min_chunk_size=_CHUNK):
                    await asyncio.to_thread(file.write, chunk)

    async def read(self, key: str) -> bytes:
        """The whole of a small file.

        Raises:
            NotStored: there is no such file.
        """
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                answer = await obstore.get_async(self._store, key)
                return bytes(await answer.bytes_async())
        except (NotFoundError, FileNotFoundError) as error:
            raise NotStored(key) from error

    async def open_range(self, key: str, *, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to but without `end`, piece by piece, never more than a piece in memory.

        Raises:
            NotStored: there is no such file.
        """
        try:
            async with asyncio.timeout(_PIECE_TIMEOUT_S):
                answer = await obstore.get_async(self._store, key, options={"range": (start, end)})
        except (NotFoundError, FileNotFoundError) as error:
            raise NotStored(key) from error
        return _pieces(answer)

    async def sign(self, key: str, *, for_s: float) -> str | None:
        """The store's own address of a file, good for so long. A local folder has none."""
        if not isinstance(self._store, S3Store | GCSStore | AzureStore):
            return None
        async with asyncio.timeout(_PIECE_TIMEOUT_S):
            return await obstore.sign_async(self._store, "GET", key, timedelta(seconds=for_s))

    async def delete_below(self, folder: str) -> None:
        """Remove every file in a folder; none is no error."""
        async with asyncio.timeout(_TIMEOUT_S):
            async for found in obstore.list(self._store, folder):
                for file in found:
                    await self.delete(str(file["path"]))

    async def delete(self, key: str) -> None:
        """Remove a file; one that is not there is no error."""
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                await obstore.delete_async(self._store, key)
        except (NotFoundError, FileNotFoundError):
            return


async def _pieces(answer: "GetResult") -> AsyncIterator[bytes]:
    stream = answer.stream(min_chunk_size=_PIECE)
    while True:
        try:
            async with asyncio.timeout(_PIECE_TIMEOUT_S):
                piece = await anext(stream)
        except StopAsyncIteration:
            return
        yield bytes(piece)


def _measure(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size
