"""What the queue opens with an address of Redis: real servers with TLS, a user of the access list, and sentinels."""

import asyncio
import contextlib
import datetime as dt
import ipaddress
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from redis.asyncio import Redis

from core.queue import Hints, open_connections, run_hints
from core.redis_url import read_redis_url
from tests.servers import free_port, wait_for_port

SERVER = shutil.which("redis-server") or shutil.which("valkey-server")


@contextlib.contextmanager
def _running(folder: Path, name: str, lines: list[str], *more: str) -> Iterator[int]:
    """A server with this configuration on a free port."""
    port = free_port()
    config = folder / f"{name}.conf"
    config.write_text("\n".join(line.format(port=port, folder=folder) for line in lines) + "\n")
    assert SERVER is not None
    running = subprocess.Popen([SERVER, str(config), *more], stdout=subprocess.DEVNULL)  # noqa: S603 - found above
    try:
        wait_for_port(port, running)
        yield port
    finally:
        running.kill()
        running.wait()


def _certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


PLAIN = ["port {port}", "bind 127.0.0.1", "save ''", "dir {folder}"]
ACL = "user default off", 'user bots on ">p@ss/w:rd" ~* &* +@all'  # fmt: skip
needs_server = pytest.mark.skipif(SERVER is None, reason="there is no redis-server here: apt-get install redis-server")


async def _a_hint_arrives(url: str) -> None:
    heard: asyncio.Queue[UUID] = asyncio.Queue()
    hints, sent = Hints(url), uuid4()
    listening = asyncio.create_task(run_hints(url, heard.put_nowait))
    try:
        async with asyncio.timeout(15):
            assert await hints.ping()
            assert await hints.hint(sent, version=1)
            assert await heard.get() == sent
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await hints.aclose()


@needs_server
async def test_a_user_of_the_access_list_with_an_odd_password_over_tls(tmp_path: Path) -> None:
    _certificate(tmp_path)
    tls = ["port 0", "tls-port {port}", "bind 127.0.0.1", "save ''", "dir {folder}", "tls-auth-clients no",
           "tls-cert-file {folder}/cert.pem", "tls-key-file {folder}/key.pem"]  # fmt: skip
    with _running(tmp_path, "tls", [*tls, *ACL]) as port:
        login = f"bots:p%40ss%2Fw%3Ard@127.0.0.1:{port}/2"
        await _a_hint_arrives(f"rediss://{login}?ssl_ca_certs={tmp_path}/cert.pem")
        await _a_hint_arrives(f"valkeys://{login}?ssl_cert_reqs=none")
        for wrong in (f"rediss://{login}", f"redis://{login}", f"rediss://bots:no@127.0.0.1:{port}?ssl_cert_reqs=none"):
            hints = Hints(wrong)
            assert not await hints.ping()
            await hints.aclose()


@needs_server
async def test_behind_sentinel_the_master_is_found(tmp_path: Path) -> None:
    with _running(tmp_path, "master", [*PLAIN, *ACL]) as master:
        watching = [*PLAIN[:2], "dir {folder}", f"sentinel monitor town 127.0.0.1 {master} 1",
                    "sentinel auth-user town bots", 'sentinel auth-pass town "p@ss/w:rd"']  # fmt: skip
        with _running(tmp_path, "sentinel", watching, "--sentinel") as sentinel:
            url = f"redis+sentinel://bots:p%40ss%2Fw%3Ard@127.0.0.1:1,127.0.0.1:{sentinel}/town/1"
            await _a_hint_arrives(url)
            async with Redis.from_pool(open_connections(read_redis_url(url), retries=0)) as client:
                assert (await client.client_info())["db"] == 1
