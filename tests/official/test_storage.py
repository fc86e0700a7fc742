"""Our storage against S3 as somebody else wrote it: moto's server, a process of its own."""

import hashlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from core.domain.errors import NotStored, StorageAway
from core.storage import ObjectStorage
from tests.official.proof import interpreter

READY_S = 60.0


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server that keeps its buckets in memory."""
    python = interpreter("storage")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(python), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - a pinned one
        try:
            until = time.monotonic() + READY_S
            while not _answers(address):
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.05)
            yield address
        finally:
            process.kill()


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/moto-api/", timeout=5).is_success
    except httpx.HTTPError:
        return False


@pytest.fixture
def storage(server: str, monkeypatch: pytest.MonkeyPatch) -> ObjectStorage:
    """A bucket as docs/production.md says: its name in the URL, all else in the usual variables."""
    httpx.post(f"{server}/moto-api/reset").raise_for_status()
    httpx.put(f"{server}/clips", headers={"Authorization": "AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/s3/x"})
    for name, value in {
        "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "us-east-1", "AWS_ALLOW_HTTP": "true",
        "AWS_ENDPOINT_URL": server,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    return ObjectStorage("s3://clips/neverdark")


async def test_a_clip_is_put_read_in_pieces_signed_listed_and_deleted(storage: ObjectStorage, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(os.urandom(6 << 20))  # more than one part of an upload
    stored = await storage.put("clips/a.mp4", clip, content_type="video/mp4")
    assert (stored.size, stored.sha256) == (6 << 20, hashlib.sha256(clip.read_bytes()).hexdigest())

    back = tmp_path / "back.mp4"
    await storage.fetch("clips/a.mp4", to=back)
    assert back.read_bytes() == clip.read_bytes()
    pieces = [piece async for piece in await storage.open_range("clips/a.mp4", start=100, end=3 << 20)]
    assert b"".join(pieces) == clip.read_bytes()[100 : 3 << 20]

    address = await storage.sign("clips/a.mp4", for_s=timedelta(minutes=5).total_seconds())
    assert address is not None
    async with httpx.AsyncClient() as http:
        answer = await http.get(address)
    assert (answer.content, answer.headers["content-type"]) == (clip.read_bytes(), "video/mp4")

    await storage.delete("clips/a.mp4")
    with pytest.raises(NotStored):
        await storage.read("clips/a.mp4")


async def test_a_bucket_that_is_not_there_is_storage_away_and_no_lost_file(
    storage: ObjectStorage, server: str, tmp_path: Path
) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"x")
    async with httpx.AsyncClient() as http:
        (await http.post(f"{server}/moto-api/reset")).raise_for_status()
    with pytest.raises(StorageAway):
        await storage.put("clips/a.mp4", clip, content_type="video/mp4")
