"""Where clips are kept: what a local folder does, and the addresses that each kind of store signs for itself."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from core.domain.errors import NotStored, StorageAway
from core.storage import ObjectStorage, own_disk


@pytest.fixture
def store(tmp_path: Path) -> ObjectStorage:
    return ObjectStorage((tmp_path / "store").as_uri())


async def test_what_was_put_is_had_whole_and_in_parts_and_is_gone_when_deleted(
    store: ObjectStorage, tmp_path: Path
) -> None:
    file = tmp_path / "a.mp4"
    file.write_bytes(bytes(range(256)) * 9000)
    stored = await store.put("clips/a.mp4", file, content_type="video/mp4")
    assert stored.size == 256 * 9000
    assert await store.read("clips/a.mp4") == file.read_bytes()
    pieces = await store.open_range("clips/a.mp4", start=100, end=2_000_100)
    assert b"".join([piece async for piece in pieces]) == file.read_bytes()[100:2_000_100]
    await store.delete("clips/a.mp4")
    await store.delete("clips/a.mp4")
    with pytest.raises(NotStored):
        await store.read("clips/a.mp4")
    with pytest.raises(NotStored):
        await store.open_range("clips/a.mp4", start=0, end=10)


async def test_a_local_folder_signs_nothing(store: ObjectStorage) -> None:
    assert await store.sign("a.mp4", for_s=60) is None


def _service_account(folder: Path) -> Path:
    """A key that signs, of an account that is nowhere."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    account = {
        "type": "service_account",
        "client_email": "nobody@example.iam.gserviceaccount.com",
        "private_key_id": "1",
        "private_key": pem,
        "client_id": "1",
        "token_uri": "https://oauth2.example/token",
    }
    file = folder / "account.json"
    file.write_text(json.dumps(account))
    return file


async def test_google_cloud_storage_signs_an_address_that_runs_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", str(_service_account(tmp_path)))
    signed = await ObjectStorage("gs://bucket/clips").sign("a.mp4", for_s=60)
    assert signed is not None
    parts = urlsplit(signed)
    asked = parse_qs(parts.query)
    assert (parts.scheme, parts.path) == ("https", "/bucket/clips/a.mp4")
    assert asked["X-Goog-Expires"] == ["60"]
    assert asked["X-Goog-Signature"][0]


async def test_azure_signs_an_address_that_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "account")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", base64.b64encode(bytes(64)).decode())
    signed = await ObjectStorage("az://container/clips").sign("a.mp4", for_s=60)
    assert signed is not None
    parts = urlsplit(signed)
    asked = parse_qs(parts.query)
    assert (parts.hostname, parts.path) == ("account.blob.core.windows.net", "/container/clips/a.mp4")
    assert asked["se"][0]
    assert asked["sig"][0]


async def _every_call(storage: ObjectStorage, file: Path, tmp_path: Path) -> dict[str, str]:
    """What each method of the port says."""
    calls = {
        "put": lambda: storage.put("a/b.mp4", file, content_type="video/mp4"),
        "fetch": lambda: storage.fetch("a/b.mp4", to=tmp_path / "out"),
        "read": lambda: storage.read("a/b.mp4"),
        "open_range": lambda: storage.open_range("a/b.mp4", start=0, end=3),
        "delete": lambda: storage.delete("a/b.mp4"),
    }
    said = {}
    for name, call in calls.items():
        try:
            await call()
        except (StorageAway, NotStored) as error:
            said[name] = type(error).__name__
        else:
            said[name] = "ok"
    return said


async def test_a_folder_that_is_not_there_any_more_is_away_and_comes_back(tmp_path: Path) -> None:
    folder, file = tmp_path / "store", tmp_path / "clip"
    file.write_bytes(b"a clip")
    storage = ObjectStorage(folder.as_uri())
    await storage.put("a/b.mp4", file, content_type="video/mp4")
    folder.rename(tmp_path / "aside")
    folder.touch()
    said = await _every_call(storage, file, tmp_path)
    assert said["put"] == "StorageAway"
    assert set(said.values()) <= {"StorageAway", "NotStored"} | ({"ok"} if said["delete"] == "ok" else set())
    fresh = ObjectStorage(folder.as_uri())  # a process that starts meanwhile
    assert set((await _every_call(fresh, file, tmp_path)).values()) == {"StorageAway"}
    folder.unlink()
    (tmp_path / "aside").rename(folder)
    for each in (storage, fresh):
        assert await each.read("a/b.mp4") == b"a clip"


@pytest.mark.parametrize("answers", [403, 503])
async def test_a_store_that_refuses_or_fails_is_away_whatever_it_is_asked(answers: int, tmp_path: Path) -> None:
    file = tmp_path / "clip"
    file.write_bytes(b"a clip")
    with _http(answers) as address:
        storage = ObjectStorage(f"{address}/bucket")
        with pytest.raises(StorageAway):
            await storage.read("a/b.mp4")
        with pytest.raises(StorageAway):
            await storage.put("a/b.mp4", file, content_type="video/mp4")


@contextmanager
def _http(status: int) -> Iterator[str]:
    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        do_PUT = do_HEAD = do_DELETE = do_GET  # noqa: N815 - as above

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a /dev/full")
async def test_our_own_disk_being_full_is_the_storage_being_away(tmp_path: Path) -> None:
    file = tmp_path / "clip"
    file.write_bytes(bytes(3 << 20))
    storage = ObjectStorage((tmp_path / "store").as_uri())
    await storage.put("a", file, content_type="video/mp4")
    with pytest.raises(StorageAway):
        await storage.fetch("a", to=Path("/dev/full"))


def test_a_bug_with_a_file_of_ours_stays_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), own_disk():
        (tmp_path / "never").read_bytes()
