"""Certificates: nothing is said to a host that cannot prove its name, neither a request nor a key."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.domain.errors import ErrorClass, TryLater
from core.domain.generations.remote_clip import RemoteClip
from core.http.client import HttpSettings
from core.providers.adapter import RouteConfig
from tests.providers.harness import KEY, entry, job, offer


@pytest.fixture
def stranger(tmp_path: Path) -> ssl.SSLContext:
    """A server's side of TLS with a certificate that nobody has signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=1,
        not_valid_before=now - timedelta(days=1),
        not_valid_after=now + timedelta(days=1),
    ).sign(key, hashes.SHA256())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + made.public_bytes(serialization.Encoding.PEM)
    (tmp_path / "stranger.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "stranger.pem")
    return context


@contextlib.asynccontextmanager
async def listening(context: ssl.SSLContext) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Its address, and what it has heard after the handshake."""
    heard: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            heard.append(await reader.read(4096))
            writer.close()
            await writer.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", heard


async def test_a_host_that_cannot_prove_its_name_hears_neither_a_job_nor_the_key(
    stranger: ssl.SSLContext, tmp_path: Path
) -> None:
    async with listening(stranger) as (address, heard):
        config = RouteConfig(api_key=KEY, base_url=address, model="m", allow_private=True)
        route = entry("kling.api").build(config, HttpSettings(connect_s=5, submit_s=5, ask_s=5, download_pause_s=0))
        for asked in (
            route.submit(job(offer("kling.api"))),
            route.poll("1"),
            route.check(),
            route.download("1", RemoteClip(url=f"{address}/v.mp4"), to=tmp_path / "v.mp4"),
        ):
            with pytest.raises(TryLater) as caught:
                await asked
            assert caught.value.error_class is ErrorClass.TRANSIENT_SERVER
            assert "CERTIFICATE_VERIFY_FAILED" in caught.value.detail
        await route.aclose()
    assert b"".join(heard) == b""
