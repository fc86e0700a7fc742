"""Getting a finished video, beyond what every route's contract says."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.errors import ErrorClass, ProviderError, TryLater, WontWork
from core.http.client import Http, resolve
from core.http.download import fetch, is_public, origin
from tests.providers.harness import MP4, Breaking, Endless, Reply, Step, Vendor, wiring
from tests.quick import examples

URL = "https://cdn.vendor.example/v.mp4?sig=1"
SECRET = {"authorization": "Bearer s3cret"}


async def get(to: Path, *steps: Step, url: str = URL, allow_private: bool = False, **changes: object) -> Vendor:
    vendor = Vendor(list(steps))
    http = Http("https://api.vendor.example", wiring(vendor, **changes))
    trusted = {origin("https://api.vendor.example"): SECRET}
    try:
        await fetch(http, url, to=to, allow_private=allow_private, trusted=trusted)
    finally:
        await http.aclose()
    return vendor


def part(start: int, **headers: str) -> Reply:
    end = f"bytes {start}-{len(MP4) - 1}/{len(MP4)}"
    return Reply(status=206, body=MP4[start:], headers={"content-range": end, **headers})


def broken(*chunks: bytes, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(200, stream=Breaking(*chunks), headers={"content-length": str(len(MP4)), **named})


async def test_a_file_is_resumed_without_a_validator_or_with_a_date(tmp_path: Path) -> None:
    vendor = await get(tmp_path / "v", broken(MP4[:10]), part(10))
    assert (tmp_path / "v").read_bytes() == MP4
    assert "if-range" not in vendor.requests[1].headers
    date = "Wed, 21 Oct 2026 07:28:00 GMT"
    vendor = await get(tmp_path / "v", broken(MP4[:10], last_modified=date), part(10))
    assert vendor.requests[1].headers["if-range"] == date


async def test_a_file_that_changed_meanwhile_is_begun_again(tmp_path: Path) -> None:
    await get(tmp_path / "v", broken(b"an older file", etag='"v1"'), Reply(body=MP4))
    assert (tmp_path / "v").read_bytes() == MP4


async def test_another_part_than_was_asked_for_is_not_taken(tmp_path: Path) -> None:
    await get(tmp_path / "v", broken(MP4[:10]), part(7), Reply(body=MP4))
    assert (tmp_path / "v").read_bytes() == MP4


async def test_a_range_that_cannot_be_had_begins_again(tmp_path: Path) -> None:
    await get(tmp_path / "v", broken(MP4[:10]), Reply(status=416, body=b""), Reply(body=MP4))
    assert (tmp_path / "v").read_bytes() == MP4


async def test_a_server_that_stumbles_is_asked_again_and_not_for_ever(tmp_path: Path) -> None:
    await get(tmp_path / "v", Reply(status=503, body=b""), httpx.ConnectError("refused"), Reply(body=MP4))
    assert (tmp_path / "v").read_bytes() == MP4
    with pytest.raises(TryLater) as caught:
        await get(tmp_path / "v", Reply(status=500, body=b""))
    assert caught.value.error_class is ErrorClass.TRANSIENT_SERVER


async def test_fewer_bytes_than_were_announced_are_no_file(tmp_path: Path) -> None:
    short = httpx.Response(200, stream=_Just(MP4[:50]), headers={"content-length": str(len(MP4))})
    await get(tmp_path / "v", short, part(50))
    assert (tmp_path / "v").read_bytes() == MP4


class _Stalled(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield MP4[:50]
        await asyncio.Event().wait()


class _Just(httpx.AsyncByteStream):
    def __init__(self, chunk: bytes) -> None:
        self.chunk = chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.chunk


async def test_a_file_that_announces_to_be_too_large_is_not_begun(tmp_path: Path) -> None:
    body = Endless()
    huge = httpx.Response(200, stream=body, headers={"content-length": str(600 * 1024 * 1024)})
    with pytest.raises(WontWork, match="larger than 500 MiB"):
        await get(tmp_path / "v", huge)
    assert body.taken == 0


async def test_a_download_that_hangs_ends_in_time(tmp_path: Path) -> None:
    with pytest.raises(TryLater) as caught:
        await get(tmp_path / "v", lambda _: httpx.Response(200, stream=_Stalled()), download_s=0.03)
    assert caught.value.error_class is ErrorClass.TIMEOUT


async def test_the_key_goes_to_its_own_origin_only(tmp_path: Path) -> None:
    def moved(to: str) -> Reply:
        return Reply(status=307, body=b"", headers={"location": to})

    vendor = await get(
        tmp_path / "v",
        moved("/elsewhere"),
        moved("https://api.vendor.example:444/other-port"),
        moved("http://api.vendor.example/plain"),
        moved("https://api.vendor.example.evil.example/v"),
        Reply(body=MP4),
        url="https://api.vendor.example/files/1",
    )
    with_key = [request.headers.get("authorization") for request in vendor.requests]
    assert with_key == [SECRET["authorization"], SECRET["authorization"], None, None, None]


async def test_redirects_end(tmp_path: Path) -> None:
    with pytest.raises(WontWork, match="redirects"):
        await get(tmp_path / "v", Reply(status=302, body=b"", headers={"location": "/again"}))


async def test_a_redirect_into_a_private_network_is_not_followed(tmp_path: Path) -> None:
    async def resolve(host: str, port: int) -> tuple[str, ...]:
        return ("169.254.169.254",) if host == "metadata.example" else ("93.184.216.34",)

    vendor = Vendor([Reply(status=302, body=b"", headers={"location": "http://metadata.example/latest"})])
    http = Http("https://api.vendor.example", wiring(vendor, resolve=resolve))
    with pytest.raises(WontWork, match="not a public address"):
        await fetch(http, URL, to=tmp_path / "v", allow_private=False)
    assert len(vendor.requests) == 1


async def test_what_was_looked_up_is_what_is_connected_to(tmp_path: Path) -> None:
    vendor = await get(tmp_path / "v", Reply(body=MP4), url="https://cdn.vendor.example:8443/v.mp4")
    request = vendor.requests[0]
    assert request.url.host == "93.184.216.34"
    assert request.headers["host"] == "cdn.vendor.example:8443"
    assert request.extensions["sni_hostname"] == "cdn.vendor.example"


async def test_an_ipv6_address_is_connected_to_as_well(tmp_path: Path) -> None:
    async def resolve(host: str, port: int) -> tuple[str, ...]:
        return ("2606:4700::1111",)

    vendor = await get(tmp_path / "v", Reply(body=MP4), resolve=resolve)
    assert str(vendor.requests[0].url) == "https://[2606:4700::1111]/v.mp4?sig=1"


async def test_where_private_addresses_are_allowed_the_name_is_used_as_it_is(tmp_path: Path) -> None:
    vendor = await get(tmp_path / "v", Reply(body=MP4), url="http://127.0.0.1:9/v.mp4", allow_private=True)
    assert str(vendor.requests[0].url) == "http://127.0.0.1:9/v.mp4"


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/v", "http://[::1]/v", "http://10.1.2.3/v", "http://0/v", "http://2130706433/v", "file:///etc/passwd",
     "ftp://vendor.example/v", "", "v.mp4", "https://", "http://\x00", "http://a b/", "https://" + "x" * 70_000],
)  # fmt: skip
async def test_a_link_that_leads_nowhere_good_is_refused(tmp_path: Path, url: str) -> None:
    async def system(host: str, port: int) -> tuple[str, ...]:
        return (host,)

    vendor = Vendor([Reply(body=MP4)])
    with pytest.raises(WontWork):
        await fetch(Http("https://x", wiring(vendor, resolve=system)), url, to=tmp_path / "v", allow_private=False)
    assert vendor.requests == []


async def test_a_name_that_is_not_known_is_tried_again_later(tmp_path: Path) -> None:
    async def unknown(host: str, port: int) -> tuple[str, ...]:
        raise OSError(-2, "Name or service not known")

    with pytest.raises(TryLater):
        await get(tmp_path / "v", Reply(body=MP4), resolve=unknown)


async def test_a_password_in_a_link_goes_nowhere(tmp_path: Path) -> None:
    vendor = await get(tmp_path / "v", Reply(body=MP4), url="https://user:pw@cdn.vendor.example/v.mp4#frag")
    assert "authorization" not in vendor.requests[0].headers
    assert "pw" not in str(vendor.requests[0].url)


async def test_being_sent_away_for_a_while_is_told(tmp_path: Path) -> None:
    with pytest.raises(TryLater) as caught:
        await get(tmp_path / "v", Reply(status=429, body=b"", headers={"retry-after": "9"}))
    assert caught.value.retry_after_s == 9


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",  # noqa: S104 - the address of nobody
     "255.255.255.255", "::1", "::", "fd00::1", "fe80::1", "fe80::1%eth0", "ff02::1", "::ffff:10.0.0.1", "::10.0.0.1",
     "64:ff9b::a00:1", "2002:a00:1::", "2001:0:a00:1::", "vendor.example", ""],
)  # fmt: skip
def test_an_address_that_is_not_of_the_open_internet_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


@settings(max_examples=examples(50), deadline=None)
@given(
    status=st.sampled_from([200, 201, 206, 301, 302, 400, 416, 418, 429, 500]),
    headers=st.fixed_dictionaries(
        {},
        optional={
            "content-range": st.sampled_from(["bytes 0-9/10", "bytes */3", "bytes 5-2/1", "lines 1-2", "bytes 9" * 9]),
            "content-length": st.sampled_from(["-1", "ten", "", "9" * 30]),
            "location": st.sampled_from(["", "//", "https://[", "http://\x7f", "javascript:1", "https://o.example/v"]),
            "etag": st.sampled_from(['W/"x"', '"x"', ""]),
            "content-encoding": st.sampled_from(["gzip", "identity", "sausage"]),
        },
    ),
    body=st.binary(max_size=30),
)  # fmt: skip
async def test_no_file_store_makes_it_raise_anything_but_a_provider_error(
    tmp_path_factory: pytest.TempPathFactory, status: int, headers: dict[str, str], body: bytes
) -> None:
    to = tmp_path_factory.getbasetemp() / "noise"
    with contextlib.suppress(ProviderError):
        await get(to, lambda _: httpx.Response(status, stream=_Just(body), headers=headers))
        assert status in {200, 206}


async def test_the_systems_resolver_gives_addresses() -> None:
    assert "127.0.0.1" in await resolve("127.0.0.1", 80)


PAGES = (b"<!doctype html><title>Not here</title>", b"<html>", b"<?xml?><Error/>", b'{"error": "expired"}')


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_at_the_files_address_is_no_file(tmp_path: Path, page: bytes) -> None:
    for headers in ({"content-type": "video/mp4"}, {"content-type": "text/html"}):
        with pytest.raises(WontWork) as caught:
            await get(tmp_path / "v", Reply(body=page, headers=headers))
        assert caught.value.error_class is ErrorClass.TASK_GONE, "a fresh address may help, and is asked for"


async def test_every_address_of_a_name_is_tried(tmp_path: Path) -> None:
    names = tuple(f"93.184.216.{n}" for n in range(1, 10))

    async def many(host: str, port: int) -> tuple[str, ...]:
        return names

    def only(alive: str) -> Step:
        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.host != alive:
                raise httpx.ConnectTimeout("no route to it")
            return Reply(body=MP4).response()

        return answer

    for alive in names:
        vendor = await get(tmp_path / "v", only(alive), resolve=many)
        assert (tmp_path / "v").read_bytes() == MP4
        assert vendor.requests[-1].headers["host"] == "cdn.vendor.example"


async def test_a_server_that_breaks_every_transfer_is_not_the_only_one(tmp_path: Path) -> None:
    async def two(host: str, port: int) -> tuple[str, ...]:
        return ("93.184.216.1", "93.184.216.2")

    def answer(request: httpx.Request) -> httpx.Response:
        return Reply(body=MP4).response() if request.url.host.endswith(".2") else broken(MP4[:10])

    await get(tmp_path / "v", answer, resolve=two)
    assert (tmp_path / "v").read_bytes() == MP4
