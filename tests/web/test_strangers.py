"""Whatever strangers send, they get an answer that tells nothing, and cannot hold or fill the process."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.patience import PATIENCE_S
from tests.quick import examples
from tests.web.conftest import ROUTE, House, client, served
from web.bodies import read
from web.checks import signed_with

SECRET = "whsec_c2hvcC1zZWNyZXQtc2hvcC1zZWNyZXQtMTIzNDU2"
_FUZZ = settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_HEADERS = st.dictionaries(
    st.sampled_from(
        ["range", "if-range", "if-none-match", "content-type", "webhook-id", "webhook-timestamp", "webhook-signature",
         "x-slack-signature", "x-slack-request-timestamp", "x-forwarded-for", "authorization", "accept"]
    ),
    st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=40),
    max_size=4,
)  # fmt: skip
_PATHS = st.sampled_from(
    ["/healthz", "/readyz", "/metrics", "/v/{}", "/v/{}.mp4", "/v/{}.jpg", "/p/{}.jpg", "/callbacks/{}/{}",
     "/callbacks/kling.api/{}", "/api/grants", "/slack/events", "/{}"]
)  # fmt: skip
_WORDS = st.text(
    st.characters(min_codepoint=33, exclude_categories=["Cs"], exclude_characters="/?#%\\\x7f"), max_size=70
)


@_FUZZ
@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT", "OPTIONS"]), path=_PATHS, word=_WORDS, headers=_HEADERS,
    body=st.binary(max_size=300),
)  # fmt: skip
async def test_no_request_is_a_500(
    house: House, method: str, path: str, word: str, headers: dict[str, str], body: bytes
) -> None:
    app = house.app(shop=signed_with(SECRET, named="X"))
    raw: Any = {name: value.encode("latin-1") for name, value in headers.items()}
    async with client(app) as http:
        address = httpx.URL("http://video.test").copy_with(path=path.format(word, word))
        answer = await http.request(method, address, headers=raw, content=body)
    assert answer.status_code < 500
    assert "Traceback" not in answer.text


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@_FUZZ
@given(body=_JSON, sale=st.dictionaries(st.sampled_from(["key", "team", "credits", "expires_at", "note"]), _JSON))
async def test_no_json_is_a_500_even_from_a_vendor_and_a_shop(house: House, body: Any, sale: dict[str, Any]) -> None:
    app = house.app(shop=signed_with(SECRET, named="X"))
    generation_id = (await house.attempt()).generation_id
    async with client(app) as http:
        address = house.addresses.callback(route=ROUTE, generation_id=generation_id, n=1)
        assert (await http.post(address, content=json.dumps(body))).status_code == 200
        text, now = json.dumps({"key": "k", "team": 1, "credits": 1} | sale), datetime.now(UTC)
        headers = {
            "webhook-id": "m", "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(SECRET).sign("m", now, text),
        }  # fmt: skip
        answer = await http.post("/api/grants", content=text, headers=headers)
    assert answer.status_code in {200, 400, 404, 409, 422}


async def test_a_body_that_says_it_is_too_large_is_refused_before_it_comes(house: House) -> None:
    attempt = await house.attempt()
    async with served(house.app()) as base:
        head = f"POST {house.callback(attempt).removeprefix('http://video.test')} HTTP/1.1\r\nHost: x\r\n"
        said = await spoken(base, head + "Content-Length: 2000000\r\n\r\n")
    assert said.startswith("HTTP/1.1 413 ")
    assert "connection: close" in said.lower()


async def test_a_body_that_turns_out_too_large_is_refused_as_it_comes(house: House) -> None:
    attempt = await house.attempt()
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100 << 20:
            sent += 64 << 10
            yield bytes(64 << 10)

    async with served(house.app()) as base, httpx.AsyncClient(timeout=PATIENCE_S) as http:
        address = base + house.callback(attempt).removeprefix("http://video.test")
        with contextlib.suppress(httpx.WriteError, httpx.ReadError):  # it may be hung up on while it writes
            assert (await http.post(address, content=endless())).status_code == 413
    assert sent < 50 << 20
    assert await house.due() == 0


@pytest.mark.parametrize("length", ["Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n"])
async def test_a_body_that_does_not_come_is_cut(length: str) -> None:
    async def slow(request: Request) -> Response:
        await read(request, within_s=0.1)
        return PlainTextResponse("never")

    async with served(Starlette(routes=[Route("/", slow, methods=["POST"])])) as base:
        said = await spoken(base, f"POST / HTTP/1.1\r\nHost: x\r\n{length}\r\n1")
    assert said.startswith("HTTP/1.1 408 ")


async def test_a_caller_that_hangs_up_is_no_crash(house: House, caplog: pytest.LogCaptureFixture) -> None:
    attempt = await house.attempt()
    async with served(house.app()) as base, httpx.AsyncClient(timeout=PATIENCE_S) as http:
        path = house.callback(attempt).removeprefix("http://video.test")
        _, writer = await asyncio.open_connection("127.0.0.1", int(base.rpartition(":")[2]))
        writer.write(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n1".encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        assert (await http.get(f"{base}/healthz")).status_code == 200
    assert not [record for record in caplog.records if record.exc_info]
    assert await house.due() == 0


async def spoken(base: str, request: str) -> str:
    """What the server says to a request that is sent as it is, until it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(base.rpartition(":")[2]))
    try:
        writer.write(request.encode())
        await writer.drain()
        async with asyncio.timeout(10):
            return (await reader.read()).decode()
    finally:
        writer.close()
