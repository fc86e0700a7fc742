"""Where clips are kept: what a local folder does, and the addresses that each kind of store signs for itself."""

import base64
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from core.domain.errors import NotStored
from core.storage import ObjectStorage


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
