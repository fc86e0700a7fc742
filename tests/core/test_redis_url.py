"""REDIS_URL as people have it: what each is read as, the sentence for what cannot be used, and real servers."""

import asyncio
import contextlib
import datetime as dt
import ipaddress
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from core.queue import Hints, open_connections, run_hints
from core.redis_url import RedisAddress, RedisAddressError, read_redis_url
from core.settings import SettingsError, settings

SERVER = shutil.which("redis-server") or shutil.which("valkey-server")
SECRET = "hunter2"
NO_TLS = None
CHECKED = {"ssl_check_hostname": True}

READ: dict[str, dict[str, Any]] = {
    "redis://h": {"hosts": (("h", 6379),), "db": 0, "tls": NO_TLS, "user": None},
    "redis://h:7000/3": {"hosts": (("h", 7000),), "db": 3},
    "redis://h?db=4": {"db": 4},
    "valkey://h/1": {"db": 1, "tls": NO_TLS},
    "valkeys://default:p@h:25061/0": {"user": "default", "password": "p", "tls": CHECKED},
    "rediss://default:p@h:6380": {"tls": CHECKED, "password": "p"},
    "redis+tls://:p@h": {"tls": CHECKED},
    "REDISS://h": {"tls": CHECKED},
    "redis://h?ssl=true": {"tls": CHECKED},
    "redis://h?tls=1": {"tls": CHECKED},
    "redis://:p@h": {"user": None, "password": "p"},
    "redis://p@h": {"user": None, "password": "p"},
    "redis://u:p@h": {"user": "u", "password": "p"},
    "redis://h?username=u&password=p": {"user": "u", "password": "p"},
    "redis://u:p%40%2F%23@h": {"password": "p@/#"},
    "redis://u:p@ss@h": {"password": "p@ss"},
    "redis://u:a:b@h": {"password": "a:b"},
    "redis://[::1]:6379/0": {"hosts": (("::1", 6379),)},
    "rediss://h?ssl_cert_reqs=none": {"tls": {"ssl_cert_reqs": "none", "ssl_check_hostname": False}},
    "rediss://h?ssl_cert_reqs=CERT_NONE": {"tls": {"ssl_cert_reqs": "none", "ssl_check_hostname": False}},
    "rediss://h?ssl_cert_reqs=CERT_REQUIRED": {"tls": {"ssl_cert_reqs": "required", **CHECKED}},
    "rediss://h?rejectUnauthorized=false": {"tls": {"ssl_cert_reqs": "none", "ssl_check_hostname": False}},
    "rediss://h?ssl_check_hostname=false": {"tls": {"ssl_check_hostname": False}},
    "rediss://h?ssl_ca_certs=/ca.pem&ssl_certfile=/c&ssl_keyfile=/k": {
        "tls": {"ssl_ca_certs": "/ca.pem", "ssl_certfile": "/c", "ssl_keyfile": "/k", **CHECKED}},
    "redis://h?socket_timeout=5&decode_responses=true&max_connections=3&protocol=3&health_check_interval=1": {},
    "unix:///run/redis.sock?db=2": {"path": "/run/redis.sock", "db": 2, "hosts": ()},
    "unix://u:p@/run/redis.sock": {"path": "/run/redis.sock", "user": "u", "password": "p"},
    "redis+socket:///run/redis.sock": {"path": "/run/redis.sock"},
    "redis+sentinel://u:p@s1:26379,s2/mymaster/2": {
        "hosts": (("s1", 26379), ("s2", 26379)), "master": "mymaster", "db": 2, "user": "u", "password": "p"},
    "redis-sentinel://s1/0?master_name=m": {"master": "m", "db": 0},
    "sentinel://s1?service_name=m&db=1": {"master": "m", "db": 1},
    "redis+sentinel://s1/m?sentinel_username=su&sentinel_password=sp": {
        "sentinel": {"username": "su", "password": "sp"}},
    "rediss+sentinel://s1/m": {"tls": CHECKED},
    " 'redis://h/1' ": {"db": 1},
    "redis-cli --tls -u rediss://default:p@h": {"tls": CHECKED},
}  # fmt: skip

REFUSED = {
    "": "wants a Redis or Valkey address",
    "http://h": "wants a Redis or Valkey address",
    "h:6379": "wants a Redis or Valkey address",
    "redis://:hun/ter2@h": "%2F for /",
    "redis://:hun#ter2@h": "%23 for #",
    "redis://:hun?ter2@h": "%3F for ?",
    "redis://:hunter2@h:port": "a port that is not a number",
    "redis://:hunter2@h/x": "a database that is not a number",
    "redis://:hunter2@h/0/1": "a path with several parts",
    "redis://:hunter2@h\n": None,
    "redis://:hunter2@h\nx": "control character",
    "redis://:hunter2@::1": "an IPv6 address goes in brackets",
    "redis://:hunter2@a,b": "cluster",
    "redis+cluster://:hunter2@a": "cluster",
    "redis://:hunter2@h?cluster=true": "cluster",
    "redis+sentinel://:hunter2@s1": "not the master that they watch",
    "redis+sentinel://:hunter2@s1/0": "not the master that they watch",
    "redis://:hunter2@h?ssl_ca_certs=/x": "write rediss:// for redis://",
    "redis://:hunter2@h?ssl=hunter2": "use rediss:// for TLS",
    "rediss://:hunter2@h?ssl_cert_reqs=hunter2": "one of required, optional, none",
    "rediss://:hunter2@h?rejectUnauthorized=hunter2": "neither true nor false",
    "unix:///s?ssl=true": "TLS for a Unix socket",
    "redis://:hunter2@h?zz=1": "the parameter zz",
    "redis://:hunter2@h?a b=1": "not name=value",
}


@pytest.mark.parametrize("url", READ)
def test_it_is_read_as_it_is_meant_and_the_library_takes_it(url: str) -> None:
    address = read_redis_url(url)
    assert {name: getattr(address, name) for name in READ[url]} == READ[url]
    if not (address.tls or {}).get("ssl_ca_certs"):
        open_connections(address, retries=0).make_connection()
    assert SECRET not in repr(RedisAddress(password=SECRET))


@pytest.mark.parametrize("url", REFUSED)
def test_what_cannot_be_used_is_refused_in_a_sentence_without_the_password(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = REFUSED[url]
    if why is None:
        assert read_redis_url(url).password == SECRET, "white space at its end is nobody's password"
        return
    with pytest.raises(RedisAddressError) as refusal:
        read_redis_url(url)
    assert why in str(refusal.value)
    assert SECRET not in str(refusal.value)
    if url:
        monkeypatch.setenv("REDIS_URL", url)
        with pytest.raises(SettingsError, match=r"^REDIS_URL (wants|has|names) ") as told:
            settings()
        assert SECRET not in str(told.value)


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=60))
def test_whatever_is_typed_there_is_an_address_or_a_sentence(text: str) -> None:
    with contextlib.suppress(RedisAddressError):
        read_redis_url(f"redis://{text}")


@contextlib.contextmanager
def _running(folder: Path, name: str, lines: list[str], *more: str) -> Iterator[int]:
    """A server with this configuration on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    config = folder / f"{name}.conf"
    config.write_text("\n".join(line.format(port=port, folder=folder) for line in lines) + "\n")
    assert SERVER is not None
    running = subprocess.Popen([SERVER, str(config), *more], stdout=subprocess.DEVNULL)  # noqa: S603 - found above
    try:
        deadline = time.monotonic() + 10
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert running.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
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
