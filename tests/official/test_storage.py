"""Our storage against stores that somebody else wrote, as processes: moto's server and Microsoft's Azurite.

Google's store is asked by its XML API, which has the requests and answers of S3, uploads in parts among them: moto is
the server of that, too. What it does not judge, the signature of an address, is what Google's own client makes.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from core.domain.errors import NotStored, StorageAway
from core.storage import ObjectStorage
from tests.official.proof import CLIENTS, ROOT, interpreter
from tests.patience import PATIENCE_S
from tests.servers import free_port

READY_S = 60.0


AZURE_ACCOUNT = "devstoreaccount1"
AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Those that Azurite has from the start, as its documentation says them."""


@contextmanager
def served(line: Sequence[str | Path], port: int, is_up: Callable[[str], bool], *, cwd: Path) -> Iterator[str]:
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(line, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - a pinned one
        try:
            until = time.monotonic() + READY_S
            while not _answers(address, is_up):
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.05)
            yield address
        finally:
            process.kill()


def _answers(address: str, is_up: Callable[[str], bool]) -> bool:
    try:
        return is_up(address)
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that keeps its buckets in memory."""
    port = free_port()
    line: list[str | Path] = [interpreter("storage"), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]

    def is_up(address: str) -> bool:
        return httpx.get(f"{address}/moto-api/", timeout=5).is_success

    with served(line, port, is_up, cwd=tmp_path_factory.mktemp("moto")) as address:
        yield address


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that keeps its containers in memory, with one container."""
    port = free_port()
    program = ROOT / ".venv-official" / "servers" / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
    line: list[str | Path] = [
        interpreter("servers"), program, "--blobPort", str(port), "--inMemoryPersistence", "--silent",
        "--disableTelemetry", "--skipApiVersionCheck",
    ]  # fmt: skip

    def is_up(address: str) -> bool:
        return httpx.get(f"{address}/{AZURE_ACCOUNT}", timeout=5).status_code < 500

    with served(line, port, is_up, cwd=tmp_path_factory.mktemp("azurite")) as address:
        _make_container(address, "clips")
        yield address


def _make_container(address: str, name: str) -> None:
    """As a person does once in Azure's portal; obstore has no word for it. Signed with the account's key."""
    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-08-06"}
    said = "".join(f"{key}:{value}\n" for key, value in headers.items())
    resource = f"/{AZURE_ACCOUNT}/{AZURE_ACCOUNT}/{name}\nrestype:container"
    signed = hmac.new(base64.b64decode(AZURE_KEY), ("PUT" + "\n" * 12 + said + resource).encode(), hashlib.sha256)
    headers["Authorization"] = f"SharedKey {AZURE_ACCOUNT}:{base64.b64encode(signed.digest()).decode()}"
    answer = httpx.put(f"{address}/{AZURE_ACCOUNT}/{name}?restype=container", headers=headers)
    assert answer.status_code == 201, answer.text


@pytest.fixture
def storage(server: str, monkeypatch: pytest.MonkeyPatch) -> ObjectStorage:
    """A bucket as docs/production.md says: its name in the URL, all else in the usual variables."""
    httpx.post(f"{server}/moto-api/reset", timeout=PATIENCE_S).raise_for_status()
    httpx.put(f"{server}/clips", headers={"Authorization": "AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/s3/x"})
    for name, value in {
        "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "us-east-1", "AWS_ALLOW_HTTP": "true",
        "AWS_ENDPOINT_URL": server,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    return ObjectStorage("s3://clips/neverdark")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """An account's key as Google gives it out."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "key.json"
    path.write_text(
        json.dumps(
            {
                "type": "service_account", "client_email": "clips@a-project.iam.gserviceaccount.com",
                "private_key": key.decode(), "private_key_id": "1", "token_uri": "https://oauth2.googleapis.com/token",
            }
        )
    )  # fmt: skip
    return path


@pytest.fixture
def google(storage: ObjectStorage, server: str, key_file: Path, monkeypatch: pytest.MonkeyPatch) -> ObjectStorage:
    """The same for a bucket of Google's, by a key file."""
    for name, value in {
        "GOOGLE_APPLICATION_CREDENTIALS": str(key_file), "GOOGLE_BASE_URL": server, "GOOGLE_ALLOW_HTTP": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    return ObjectStorage("gs://clips/neverdark")


@pytest.fixture
def azure(azurite: str, monkeypatch: pytest.MonkeyPatch) -> ObjectStorage:
    """The same for a container."""
    for name, value in {
        "AZURE_STORAGE_ACCOUNT_NAME": AZURE_ACCOUNT, "AZURE_STORAGE_ACCOUNT_KEY": AZURE_KEY, "AZURE_ALLOW_HTTP": "true",
        "AZURE_STORAGE_USE_EMULATOR": "true", "AZURITE_BLOB_STORAGE_URL": azurite,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    return ObjectStorage("az://clips/neverdark")


@pytest.mark.parametrize("store", ["storage", "google", "azure"])
async def test_a_clip_is_put_read_in_pieces_signed_listed_and_deleted(
    store: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    storage: ObjectStorage = request.getfixturevalue(store)
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
    async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
        answer = await http.get(address)
    assert (answer.content, answer.headers["content-type"]) == (clip.read_bytes(), "video/mp4")

    later = datetime.now(UTC) + timedelta(days=1)
    assert [page async for page in storage.older("clips", than=later)] == [["clips/a.mp4"]]
    await storage.delete("clips/a.mp4")
    with pytest.raises(NotStored):
        await storage.read("clips/a.mp4")


@pytest.mark.parametrize("store", ["storage", "google"])
async def test_a_bucket_that_is_not_there_is_storage_away_and_no_lost_file(
    store: str, request: pytest.FixtureRequest, server: str, tmp_path: Path
) -> None:
    storage: ObjectStorage = request.getfixturevalue(store)
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"x")
    async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
        (await http.post(f"{server}/moto-api/reset", timeout=PATIENCE_S)).raise_for_status()
    with pytest.raises(StorageAway):
        await storage.put("clips/a.mp4", clip, content_type="video/mp4")


def test_an_address_of_google_is_signed_as_its_own_client_signs_it(
    key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key_file))
    ours = asyncio.run(ObjectStorage("gs://clips/neverdark").sign("clips/a b ü.mp4", for_s=300))
    assert ours is not None
    told, query = urlsplit(ours), parse_qs(urlsplit(ours).query)
    theirs = subprocess.check_output(  # noqa: S603 - a pinned one
        [
            interpreter("google_storage"), CLIENTS / "google_sign.py", key_file, "clips", "neverdark/clips/a b ü.mp4",
            "300", query["X-Goog-Date"][0], f"{told.scheme}://{told.netloc}",
        ],
        text=True,
        timeout=PATIENCE_S,
    )  # fmt: skip
    assert told.netloc == "storage.googleapis.com"
    assert query == parse_qs(urlsplit(theirs.strip()).query)
    assert told.path == urlsplit(theirs).path
