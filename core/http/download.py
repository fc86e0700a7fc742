"""Downloads a finished video: streams it to a file, resumes after a break, and connects only to allowed addresses.

Redirects are followed here, not by httpx. A key is sent to its own origin only. Unless private addresses are allowed,
only public ones are connected to, and the connection goes to the very address that was checked.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import BinaryIO

import httpx

from core.domain.backoff import backoff_s
from core.domain.errors import ErrorClass, ProviderError, TryLater, WontWork
from core.http.base_client import Packed, address
from core.http.client import MIB, Http
from core.http.loose import printable
from core.http.responses import by_status, retry_after_s

TRIES = 5
ADDRESSES_MAX = 16
"""Addresses of one name that are tried at most."""
REDIRECTS_MAX = 5
_GONE = frozenset({400, 401, 403, 404, 410})
"""The statuses with which vendors' file stores answer for an expired link."""
_DISGUISES = tuple(ip_network(block) for block in ("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
"""IPv6 blocks that carry an IPv4 address, which may be a private one."""

Origin = tuple[str, str, int | None]


def origin(url: httpx.URL | str) -> Origin:
    """The origin of an address, to which a key may be sent: scheme, host and port."""
    url = httpx.URL(url)
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)


class TooLarge(WontWork):
    """The file has more bytes than allowed."""


class _Broken(Exception):
    """The transfer broke off; the bytes so far are valid."""


@dataclass(slots=True)
class _Sink:
    """The file so far, with the validators that tell whether the rest belongs to the same file."""

    file: BinaryIO
    bytes_max: int
    begins: Callable[[bytes], None]
    size: int = 0
    total: int | None = None
    validator: str = ""
    _pending: bytearray = field(default_factory=bytearray)

    def rest(self) -> dict[str, str]:
        """The headers that ask for what is still missing, of the same file only."""
        if not self.size:
            return {}
        condition = {"if-range": self.validator} if self.validator else {}
        return {"range": f"bytes={self.size}-", **condition}

    async def begin(self, response: httpx.Response) -> None:
        """Read the headers of an answer; start over when it is not the rest of this file."""
        start = re.match(r"bytes (\d{1,15})-", response.headers.get("content-range", ""))
        if not (response.status_code == 206 and start and int(start[1]) == self.size):
            await self.restart()
            if response.status_code == 206:
                raise _Broken("another part than we asked for")
        length = response.headers.get("content-length", "")
        self.total = self.size + int(length) if re.fullmatch(r"\d{1,15}", length) else None
        etag = response.headers.get("etag", "")
        self.validator = etag if etag.startswith('"') else response.headers.get("last-modified", "")
        self.check(self.total or 0)

    async def restart(self) -> None:
        self._pending.clear()
        self.size = 0
        await asyncio.to_thread(self.file.seek, 0)
        await asyncio.to_thread(self.file.truncate)

    def check(self, size: int) -> None:
        if size > self.bytes_max:
            raise TooLarge(ErrorClass.TRANSIENT_SERVER, f"the file is larger than {self.bytes_max // MIB} MiB")

    async def write(self, chunk: bytes) -> None:
        if not self.size:
            self.begins(chunk)
        self.size += len(chunk)
        self.check(self.size)
        self._pending += chunk
        if len(self._pending) >= MIB:
            await self.flush()

    async def flush(self) -> None:
        if self._pending:
            await asyncio.to_thread(self.file.write, bytes(self._pending))
            self._pending.clear()


def video_begins(chunk: bytes) -> None:
    """Raises where the bytes begin like a web page or an error document, as no video does."""
    if chunk[:1] in {b"<", b"{"}:
        raise WontWork(ErrorClass.TASK_GONE, "there is a page at the file's address")


async def fetch(
    http: Http,
    url: str,
    *,
    to: Path,
    allow_private: bool,
    trusted: Mapping[Origin, Mapping[str, str]] | None = None,
    begins: Callable[[bytes], None] = video_begins,
) -> None:
    """Download a vendor's file to a path. After an error, the path may hold a part of it.

    Args:
        begins: gets the first bytes, and raises where they cannot be those of the file.
        trusted: headers with a key, by the only origin that each may be sent to.

    Raises:
        ProviderError: TASK_GONE when the link has expired (a poll gives a fresh one); WontWork when the file is too
            large or lies where we do not go; TryLater for all else. A full disk is ours, and stays an OSError.
    """
    wiring = http.wiring
    last = "never begun"
    file = await asyncio.to_thread(to.open, "wb")
    try:
        async with asyncio.timeout(wiring.download_s):
            sink = _Sink(file, wiring.download_bytes_max, begins)
            for attempt in range(TRIES):
                await asyncio.sleep(backoff_s(attempt, first_s=wiring.download_pause_s, most_s=wiring.download_s))
                try:
                    await _pull(http, url, sink, attempt, allow_private=allow_private, trusted=trusted or {})
                except _Broken as broken:
                    last = str(broken)
                else:
                    return
                finally:
                    await sink.flush()
    except TimeoutError as error:
        raise TryLater(ErrorClass.TIMEOUT, f"no whole file within {wiring.download_s:.0f} s") from error
    finally:
        await asyncio.to_thread(file.close)
    raise TryLater(ErrorClass.TRANSIENT_SERVER, f"the download broke {TRIES} times: {last}")


async def _pull(
    http: Http, url: str, sink: _Sink, attempt: int, *, allow_private: bool, trusted: Mapping[Origin, Mapping[str, str]]
) -> None:
    """One try, along the redirects to the file's end."""
    wiring = http.wiring
    try:
        target = httpx.URL(url)
        for _ in range(REDIRECTS_MAX + 1):
            headers = {"accept-encoding": "identity", **trusted.get(origin(target), {})}
            headers |= sink.rest()
            async with http.pooled() as client:
                response = await _opened(http, client, target, headers, attempt, allow_private=allow_private)
                try:
                    if response.status_code in {301, 302, 303, 307, 308}:
                        target = target.join(response.headers.get("location", ""))
                        continue
                    if response.status_code == 416:
                        await sink.restart()
                    _judge(response, now=wiring.clock())
                    await sink.begin(response)
                    async for chunk in response.aiter_bytes():
                        await sink.write(chunk)
                finally:
                    await response.aclose()
            if sink.total is not None and sink.size != sink.total:
                raise _Broken(f"{sink.size} of {sink.total} bytes")
            return
    except Packed as error:
        raise WontWork(ErrorClass.TRANSIENT_SERVER, str(error)) from error
    except httpx.HTTPError as error:
        raise _Broken(f"{type(error).__name__} {printable(str(error))}") from error
    except (httpx.InvalidURL, UnicodeError) as error:
        raise WontWork(ErrorClass.TRANSIENT_SERVER, "the vendor's link is no address") from error
    raise WontWork(ErrorClass.TRANSIENT_SERVER, f"more than {REDIRECTS_MAX} redirects")


def _judge(response: httpx.Response, *, now: float) -> None:
    """Raises the error that a status other than success means for the link."""
    status = response.status_code
    if status in {200, 206}:
        return
    wait = retry_after_s(response.headers, now=now)
    if status in _GONE:
        raise WontWork(ErrorClass.TASK_GONE, f"HTTP {status} for the file", str(status), wait)
    if status in {408, 416} or status >= 500:
        raise _Broken(f"HTTP {status}")
    error_class = by_status(status)
    kind: type[ProviderError] = TryLater if error_class is ErrorClass.RATE_LIMITED else WontWork
    raise kind(error_class, f"HTTP {status} for the file", str(status), wait)


async def _opened(
    http: Http, client: httpx.AsyncClient, target: httpx.URL, headers: dict[str, str], n: int, *, allow_private: bool
) -> httpx.Response:
    """The answer to the request for one hop, from the first address of its host that can be reached.

    Each try begins with another address.
    """
    wiring = http.wiring
    timeout = httpx.Timeout(wiring.download_idle_s, connect=wiring.connect_s).as_dict()
    requests = await _requests(http, client, target, headers, allow_private=allow_private)
    first = n % len(requests)
    requests = [*requests[first:], *requests[:first]]
    for request in requests[:-1]:
        request.extensions["timeout"] = timeout
        try:
            return await client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            continue
    requests[-1].extensions["timeout"] = timeout
    return await client.send(requests[-1], stream=True)


async def _requests(
    http: Http, client: httpx.AsyncClient, target: httpx.URL, headers: dict[str, str], *, allow_private: bool
) -> list[httpx.Request]:
    """The request for one hop, once for each address of its host, all of which were checked to be public.

    A request that names the address closes the gap between the check and the connection. The certificate is still
    checked against the host's name.
    """
    if address(str(target)) is None:
        raise WontWork(ErrorClass.TRANSIENT_SERVER, f"a link of the kind {target.scheme[:20]!r}")
    target = target.copy_with(userinfo=b"", fragment=None)
    if allow_private:
        return [client.build_request("GET", target, headers=headers)]
    host = target.host
    try:
        addresses = await http.wiring.resolve(host, target.port or 443)
    except OSError as error:
        raise _Broken(f"{printable(host)} is not known") from error
    if not addresses or not all(map(is_public, addresses)):
        raise WontWork(ErrorClass.TRANSIENT_SERVER, f"{printable(host)} is not a public address")
    return [
        client.build_request(
            "GET",
            target.copy_with(host=address),
            headers={**headers, "host": target.netloc.decode("ascii")},
            extensions={"sni_hostname": host},
        )
        for address in dict.fromkeys(addresses[:ADDRESSES_MAX])
    ]


def is_public(address: str) -> bool:
    """Whether an address is one of the open internet, also behind the disguises of IPv6."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif ip.scope_id or any(ip in block for block in _DISGUISES):
            return False
    return ip.is_global and not ip.is_multicast
