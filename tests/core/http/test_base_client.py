"""Answers that unpack to gigabytes: every reader of ours is set against a server that sends them."""

import ast
import asyncio
import gzip
import resource
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from httpx._decoders import SUPPORTED_DECODERS
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.delivery.chat import SlackChat
from bots.slack.delivery.upload import _send
from core.domain.chat.chat_errors import UploadFailed
from core.domain.errors import ProviderError
from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import RouteKey
from core.domain.requests.refusals import PictureNotFetched
from core.http.base_client import PACKED, Packed, TooMuch, address, http_client
from core.http.client import HttpSettings
from core.http.download import origin
from core.providers.adapter import RouteConfig
from core.providers.google import Tokens
from core.providers.registry import ENTRIES
from core.storage import ObjectStorage
from core.usecases.requests.pictures import Source, keep
from tests.providers.harness import PIXEL, entry, job, offer, settings
from web.checks import fal_keys, jwt_keys

ROOT = Path(__file__).resolve().parents[3]
ZEROS = 300 << 20
GROWN_MAX = 100 << 20


@cache
def once() -> bytes:
    press = zlib.compressobj(9, wbits=31)
    return b"".join(press.compress(bytes(1 << 20)) for _ in range(ZEROS >> 20)) + press.flush()


@cache
def thrice() -> bytes:
    return gzip.compress(gzip.compress(once()))


BOMBS: dict[str, Callable[[], bytes]] = {
    "gzip": once,
    "gzip, gzip, gzip": thrice,
    "GZIP,gzip , Gzip": thrice,
    "x-gzip": once,
    "deflate": lambda: zlib.compress(bytes(1 << 20)),
    "br": lambda: b"\xcb\xff\xff\xff\x07\x00",
    "zstd": lambda: b"\x28\xb5\x2f\xfd\x00",
    "identity, gzip": once,
}


@asynccontextmanager
async def served(encoding: str, body: bytes) -> AsyncIterator[str]:
    """A server that answers everything with one packed body."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                for line in head.lower().splitlines():
                    if line.startswith(b"content-length:"):
                        await reader.readexactly(int(line.split(b":")[1]))
                said = f"HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ncontent-length: {len(body)}\r\n\r\n"
                writer.write(said.encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _private(host: str, port: int) -> tuple[str, ...]:
    return ("127.0.0.1",)


WIRING = HttpSettings(resolve=_private, submit_s=20, ask_s=20, download_s=20, download_pause_s=0)
SECRETS = {"veo.vertex": "ya29.token", "veo.gemini": "key"}
Reader = Callable[[str, Path], Awaitable[object]]


def _vendor(route: str, deed: str) -> Reader:
    async def read(base: str, folder: Path) -> object:
        extra = {"project": "p", "storage_url": base, "token_url": base, "platform_url": base}
        config = RouteConfig(api_key=SECRETS.get(route, "key:secret"), base_url=base, allow_private=True, extra=extra)
        line = entry(route)
        made = line.build(settings(line, {RouteKey(route): config}), WIRING)
        try:
            match deed:
                case "submit":
                    return await made.submit(job(offer(route)))
                case "poll":
                    return await made.poll("1")
                case "check":
                    await made.check()
                    return None
                case "a picture":
                    return await made.submit(job(offer(route), first_frame=PIXEL))
                case _:
                    url = None if deed == "inline" else f"{base}/film.mp4"
                    await made.download("1", RemoteClip(url=url), to=folder / "film")
                    return None
        finally:
            await made.aclose()

    return read


async def _picture(base: str, folder: Path) -> object:
    return await keep(
        Source(url=f"{base}/fox.png", allow_private=True),
        storage=ObjectStorage((folder / "store").as_uri()),
        wiring=WIRING,
    )


async def _keys(base: str, folder: Path) -> object:
    http = http_client(bytes_max=1 << 20, trust_env=False)
    async with http:
        for keys in (fal_keys(base, http=http), jwt_keys(base, http=http)):
            assert not await keys.check({}, b"")
    raise PictureNotFetched


async def _slack_upload(base: str, folder: Path) -> None:
    (folder / "film").write_bytes(b"film")
    chat = SlackChat(AsyncWebClient(token="xoxb-1", base_url=f"{base}/"))
    try:
        await _send(chat._http, f"{base}/upload", folder / "film")
    finally:
        await chat.aclose()


async def _token(base: str, folder: Path) -> object:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    import json

    account = json.dumps({"type": "service_account", "client_email": "a@b", "private_key": key.decode()})
    from core.http.responses import Call

    return await Tokens(secret=account, wiring=WIRING, token_url=base).bearer(Call.CHECK)


READERS: dict[str, Reader] = {
    **{
        f"{line.key}: {deed}": _vendor(line.key, deed)
        for line in ENTRIES
        for deed in ("submit", "poll", "check", "file", "a picture")
    },
    "veo.vertex: inline": _vendor("veo.vertex", "inline"),
    "a person's picture": _picture,
    "vendors' keys": _keys,
    "Slack's answer to a file": _slack_upload,
    "Google's token": _token,
}  # fmt: skip


def _grown() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.parametrize("reader", READERS)
async def test_no_reader_unpacks_what_it_did_not_ask_for(reader: str, tmp_path: Path) -> None:
    encoding, body = "gzip, gzip, gzip", thrice()
    before = _grown()
    async with served(encoding, body) as base:
        with pytest.raises((ProviderError, PictureNotFetched, UploadFailed)):
            await READERS[reader](base, tmp_path)
    assert _grown() - before < GROWN_MAX


@pytest.mark.parametrize("encoding", BOMBS)
async def test_every_way_to_pack_is_refused(encoding: str, tmp_path: Path) -> None:
    before = _grown()
    async with served(encoding, BOMBS[encoding]()) as base, http_client(bytes_max=1 << 20, trust_env=False) as http:
        with pytest.raises(Packed):
            await http.get(base)
    assert _grown() - before < GROWN_MAX


def test_we_know_every_word_that_httpx_would_act_upon() -> None:
    assert set(SUPPORTED_DECODERS) - {"identity"} <= PACKED


@pytest.mark.parametrize("encoding", ["identity", "aws-chunked", "utf-8", ""])
async def test_words_that_change_nothing_are_read_and_counted(encoding: str) -> None:
    async with served(encoding, b"x" * 1000) as base:
        async with http_client(bytes_max=1000, trust_env=False) as http:
            assert (await http.get(base)).content == b"x" * 1000
        async with http_client(bytes_max=999, trust_env=False) as http:
            with pytest.raises(TooMuch):
                await http.get(base)


FORBIDDEN = {
    "httpx": {"AsyncClient", "Client", "get", "post", "put", "patch", "delete", "head", "request", "stream"},
    "aiohttp": {"ClientSession", "request"},
    "urllib.request": {"urlopen", "urlretrieve", "build_opener"},
    "http.client": {"HTTPConnection", "HTTPSConnection"},
    "requests": {"get", "post", "request", "Session"},
}
ALLOWED = {
    ("core/http/base_client.py", "httpx.AsyncClient"): "the one place",
    ("neverdark/stack.py", "http.client.HTTPConnection"): "our own /healthz on loopback; it unpacks nothing",
    ("neverdark/healthy.py", "http.client.HTTPConnection"): "the same, for a container's health check",
    ("bots/slack/api/web.py", "aiohttp.ClientSession"): "the session of Slack's own SDK, which speaks with Slack alone",
}


def test_no_other_client_is_made_anywhere() -> None:
    found: set[tuple[str, str]] = set()
    for path in (
        path for package in ("core", "bots", "web", "worker", "neverdark") for path in (ROOT / package).rglob("*.py")
    ):
        for node in ast.walk(ast.parse(path.read_text())):
            name = _called(node)
            module, _, function = name.rpartition(".")
            if function in FORBIDDEN.get(module, set()):
                found.add((path.relative_to(ROOT).as_posix(), name))
    assert found <= set(ALLOWED), "use core.http.base_client"


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    words: list[str] = []
    at: Any = node.func
    while isinstance(at, ast.Attribute):
        words.append(at.attr)
        at = at.value
    return ".".join([at.id, *reversed(words)]) if isinstance(at, ast.Name) else ""


NOWHERE = (
    "", "x", "https://", "http:///x", "https://xn--/", "https://xn--a/", "https://xn--zzzzzz9999/a.png", "https://\ud800/",
    "https://\x00/", "https://[::1", "https://1.2.3.999999999999/", "https://a b/", "https://a:99999999/", "//a/b",
    "https://" + "a" * 5000, "javascript:alert(1)", "data:image/png;base64,AAAA", "file:///etc/passwd", "https://\u202e/",
)  # fmt: skip


@pytest.mark.parametrize("text", NOWHERE, ids=ascii)
async def test_what_is_no_address_is_a_refusal_and_no_fault_of_ours(text: str, tmp_path: Path) -> None:
    assert address(text) is None
    with pytest.raises(PictureNotFetched):
        await keep(Source(url=text), storage=ObjectStorage((tmp_path / "store").as_uri()), wiring=WIRING)


@given(st.text(max_size=60), st.sampled_from(["https://", "https://xn--", "http://[", "https://a/", ""]))
def test_no_text_breaks_whoever_reads_an_address(text: str, begin: str) -> None:
    url = address(begin + text)
    if url is not None:
        assert url.host
        origin(url)


async def test_clients_share_the_certificates_that_they_check_against() -> None:
    contexts = []
    for trust_env in (True, False, True, False):
        async with http_client(bytes_max=1, trust_env=trust_env) as http:
            contexts.append(http._transport._pool._ssl_context)  # type: ignore[attr-defined]  # what httpx was given
    assert contexts[0] is contexts[2]
    assert contexts[1] is contexts[3]
    assert all(each.verify_mode is ssl.CERT_REQUIRED and each.check_hostname for each in contexts)
