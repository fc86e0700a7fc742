"""The plumbing, over real sockets where it is about sockets."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import ErrorClass, OutcomeUnknown, TryLater, WontWork
from core.http.client import CONNECTIONS_A_CLIENT, Http, HttpSettings
from core.http.loose import number, printable
from core.http.responses import RETRY_AFTER_MAX_S, Call, retry_after_s
from tests.providers.harness import NOW, Reply, Vendor, ok, wiring

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[str]:
    """A server of raw sockets; when it is over, every connection is closed."""
    served: list[asyncio.Task[None]] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        served.append(task)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await serve(reader, writer)
            writer.close()
            await writer.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    await asyncio.wait_for(asyncio.gather(*served), 5)


async def ask(call: Call, base_url: str, wired: HttpSettings | None = None, **how: object) -> object:
    http = Http(base_url, wired or HttpSettings(connect_s=1, submit_s=1, ask_s=1))
    try:
        return await http.call(call, "POST", "/x", headers={}, body=how.get("body", {}))
    finally:
        await http.aclose()


async def test_a_refused_connection_sent_nothing() -> None:
    async with listening(_silent) as address:
        pass  # closed again: nobody listens there
    with pytest.raises(TryLater) as caught:
        await ask(Call.SUBMIT, f"http://{address}")
    assert caught.value.error_class is ErrorClass.TRANSIENT_SERVER


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)


async def test_a_failed_tls_handshake_sent_nothing() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(5)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async with listening(plain) as address:
        with pytest.raises(TryLater):
            await ask(Call.SUBMIT, f"https://{address}")


async def test_a_connection_that_breaks_after_the_request_is_an_unknown_outcome() -> None:
    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    async with listening(rude) as address:
        with pytest.raises(OutcomeUnknown):
            await ask(Call.SUBMIT, f"http://{address}")
        with pytest.raises(TryLater):
            await ask(Call.ASK, f"http://{address}")


async def test_an_answer_that_trickles_in_ends_when_its_time_is_up() -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while not writer.is_closing():
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.005)

    async with listening(trickle) as address:
        with pytest.raises(OutcomeUnknown):
            await asyncio.wait_for(ask(Call.SUBMIT, f"http://{address}", HttpSettings(submit_s=0.1)), 5)


@pytest.mark.parametrize("base_url", ["ftp://vendor.example", "http://", "nonsense", "https://\x00"])
async def test_an_address_that_is_none_is_the_operators_to_mend(base_url: str) -> None:
    with pytest.raises(WontWork) as caught:
        await ask(Call.SUBMIT, base_url)
    assert caught.value.error_class is ErrorClass.AUTH


@pytest.mark.parametrize("key", ["line\nbreak", "schlüssel", "nul\x00"])
async def test_a_key_that_no_header_can_hold_is_the_operators_to_mend(key: str) -> None:
    async with listening(_silent) as address:
        http = Http(f"http://{address}", HttpSettings(submit_s=1))
        with pytest.raises(WontWork) as caught:
            await http.call(Call.SUBMIT, "POST", "/x", headers={"authorization": f"Bearer {key}"}, body={})
        assert caught.value.error_class is ErrorClass.AUTH
        assert key not in str(caught.value)
        await http.aclose()


async def test_a_prompt_of_any_characters_can_be_sent() -> None:
    vendor = Vendor([ok({})])
    await ask(Call.SUBMIT, "https://vendor.example", wiring(vendor), body={"prompt": "🦊 \ud83e \x00 \u2028"})
    assert vendor.bodies == [{"prompt": "🦊 \ud83e \x00 \u2028"}]


async def test_a_vendors_cookies_are_not_kept() -> None:
    vendor = Vendor([Reply(body={}, headers={"set-cookie": "session=1; Path=/"})])
    http = Http("https://vendor.example", wiring(vendor))
    for _ in range(2):
        await http.call(Call.ASK, "GET", "/x", headers={})
    assert "cookie" not in vendor.requests[1].headers


async def test_many_questions_at_once_use_many_small_clients() -> None:
    gate, arrived = asyncio.Event(), asyncio.Barrier(26)

    async def wait(request: httpx.Request) -> httpx.Response:
        await arrived.wait()
        await gate.wait()
        return httpx.Response(200, json={})

    http = Http("https://vendor.example", HttpSettings(transport=httpx.MockTransport(wait)))
    questions = [asyncio.create_task(http.call(Call.ASK, "GET", "/x", headers={})) for _ in range(25)]
    await arrived.wait()
    assert [one.busy for one in http._clients] == [CONNECTIONS_A_CLIENT] * 25
    gate.set()
    assert all(answer.ok for answer in await asyncio.gather(*questions))
    assert sum(one.busy for one in http._clients) == 0
    await http.aclose()


async def test_certificates_are_checked() -> None:
    http = Http("https://vendor.example")
    async with http.pooled() as client:
        context = client._transport._pool._ssl_context  # type: ignore[attr-defined]  # what httpx was given
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    await http.aclose()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"retry-after": "30"}, 30), ({"retry-after": "1.5"}, 1.5), ({"retry-after": "0"}, 0), ({}, None),
     ({"retry-after": "86400"}, 3600), ({"retry-after": "Sun, 22 Nov 2026 19:02:10 GMT"}, 30),
     ({"retry-after": "Sun, 22 Nov 2020 19:02:10 GMT"}, 0), ({"retry-after": "Sun, 22 Nov 2099 19:02:10 GMT"}, 3600),
     ({"retry-after": "-5"}, None), ({"retry-after": "soon"}, None), ({"retry-after": ""}, None),
     ({"retry-after-ms": "1500"}, 1.5), ({"retry-after-ms": "x"}, None)],
)  # fmt: skip
def test_retry_after_is_read_in_both_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers, now=NOW) == seconds


@given(value=st.text(max_size=40))
def test_no_retry_after_is_out_of_bounds(value: str) -> None:
    seconds = retry_after_s({"retry-after": value}, now=NOW)
    assert seconds is None or 0 <= seconds <= RETRY_AFTER_MAX_S


@given(text=st.text(alphabet=st.characters(), max_size=60))
def test_a_vendors_words_fit_into_a_log_and_a_database(text: str) -> None:
    cleaned = printable(text)
    assert "\n" not in cleaned
    assert "\x00" not in cleaned
    cleaned.encode()


@pytest.mark.parametrize(("value", "found"), [("0.6", 0.6), (3, 3.0), ("many", None), (True, None), ("nan", None),
                                              ("1e999", None), (10**400, None), ([], None), (None, None)])  # fmt: skip
def test_a_number_is_read_from_whatever_holds_one(value: object, found: float | None) -> None:
    assert number(value) == found
