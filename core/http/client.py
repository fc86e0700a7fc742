"""Calls to a vendor's API: limited in time and size, without redirects; every failure is a ProviderError.

This module decides the meaning of a broken exchange; `responses` and each adapter decide the meaning of an answer.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from core.domain.errors import ErrorClass, TryLater, WontWork
from core.http.base_client import http_client
from core.http.responses import Answer, Call, Unread, lost, retry_after_s

MIB = 1024 * 1024
USER_AGENT = "neverdark"
CONNECTIONS_A_CLIENT = 1
CLIENTS_MAX = 400


async def resolve(host: str, port: int) -> tuple[str, ...]:
    """The addresses of a host, as the system's resolver gives them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, proto=6)
    return tuple(str(entry[4][0]) for entry in found)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """The settings of an adapter's HTTP calls. Tests shorten the times and replace the transport.

    Args:
        transport: answers instead of the network.
        resolve: looks a host up, to check that a result is not at a private address.
        clock: seconds since 1970.
    """

    transport: httpx.AsyncBaseTransport | None = None
    resolve: Callable[[str, int], Awaitable[tuple[str, ...]]] = resolve
    clock: Callable[[], float] = time.time
    connect_s: float = 5.0
    submit_s: float = 20.0
    ask_s: float = 10.0
    answer_bytes_max: int = 8 * MIB
    download_s: float = 300.0
    download_idle_s: float = 20.0
    download_bytes_max: int = 500 * MIB
    download_pause_s: float = 0.5


@dataclass(slots=True)
class _PooledClient:
    """One client and the number of exchanges it is in.

    httpx's pool checks all its connections several times in every request: 200 in one pool cost four times the CPU of
    ten, and ten cost half as much again as one (measured 2026-11). A client costs next to nothing, so each has one
    connection. The first free client is taken, so the last ones are idle when there is little to do.
    """

    client: httpx.AsyncClient
    busy: int = 0


@dataclass(slots=True)
class Http:
    """The calls to one route's vendor: its base address, and clients that are opened when they are needed."""

    base_url: str
    wiring: HttpSettings = field(default_factory=HttpSettings)
    route: str = ""
    _clients: list[_PooledClient] = field(default_factory=list)
    _unread: Unread = field(init=False)

    def __post_init__(self) -> None:
        self._unread = Unread(self.route, self.wiring.clock)

    async def call(
        self,
        call: Call,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        query: Mapping[str, str | int] | None = None,
        body: object = None,
    ) -> Answer:
        """One request to the vendor's API and its answer, of whatever status.

        Raises:
            OutcomeUnknown: a submit may have arrived, and no answer came back.
            TryLater: nothing was sent, or a question was not answered.
        """
        async with self.exchange(call, method, path, headers=headers, query=query, body=body) as response:
            return self.answer(call, response, await read_bounded(call, response, self.wiring.answer_bytes_max))

    def answer(self, call: Call, response: httpx.Response, body: bytes) -> Answer:
        wait = retry_after_s(response.headers, now=self.wiring.clock())
        return Answer(call=call, status=response.status_code, body=body, retry_after_s=wait, unread=self._unread)

    @asynccontextmanager
    async def exchange(
        self,
        call: Call,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        query: Mapping[str, str | int] | None = None,
        body: object = None,
        total_s: float | None = None,
    ) -> AsyncIterator[httpx.Response]:
        """The same, for a caller that reads the body itself; errors inside the block become ProviderErrors, too.

        Args:
            body: sent as JSON; a string goes as it is, with its own content type among the headers.
            total_s: seconds that all of it may take; None is the limit of this kind of call.
        """
        wiring = self.wiring
        seconds = total_s or (wiring.submit_s if call is Call.SUBMIT else wiring.ask_s)
        sent = {"user-agent": USER_AGENT, "accept": "application/json", "accept-encoding": "identity", **headers}
        content = body.encode() if isinstance(body, str) else None
        if body is not None and content is None:
            content = json.dumps(body, separators=(",", ":")).encode()
            sent["content-type"] = "application/json"
        with failures(call):
            async with asyncio.timeout(seconds), self.pooled() as client:
                # Not by `client.request`: merging it with the client's defaults costs a tenth of a request.
                timeout = _timeout(seconds, connect_s=wiring.connect_s)
                request = httpx.Request(
                    method, _absolute(self.base_url + path), headers=sent, params=query, content=content,
                    extensions={"timeout": timeout},
                )  # fmt: skip
                response = await client.send(request, stream=True)
                try:
                    yield response
                finally:
                    await response.aclose()

    @asynccontextmanager
    async def pooled(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client with a free connection; a new one if all are busy, up to a bound."""
        one = next((one for one in self._clients if one.busy < CONNECTIONS_A_CLIENT), None)
        if one is None and len(self._clients) < CLIENTS_MAX:
            one = _PooledClient(_client(self.wiring))
            self._clients.append(one)
        one = one or min(self._clients, key=lambda one: one.busy)
        one.busy += 1
        try:
            yield one.client
        finally:
            one.busy -= 1

    async def aclose(self) -> None:
        clients, self._clients = self._clients, []
        for one in clients:
            await one.client.aclose()


@contextmanager
def failures(call: Call) -> Iterator[None]:
    """Raises errors of the network as ProviderErrors.

    Refused connections, unknown hosts and failed TLS handshakes happen before anything is sent: the same request may
    be made again. Everything later is a lost answer.
    """
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
        raise TryLater(ErrorClass.TRANSIENT_SERVER, f"not reached: {type(error).__name__} {error}") from error
    except (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.InvalidURL, UnicodeEncodeError) as error:
        # A line break or an umlaut in the key, or an invalid base address: the operator has to mend it.
        raise WontWork(ErrorClass.AUTH, f"the request cannot be written: {type(error).__name__}") from error
    except (TimeoutError, httpx.TimeoutException) as error:
        raise lost(call, "no answer in time", error_class=ErrorClass.TIMEOUT) from error
    except (httpx.HTTPError, OSError) as error:
        raise lost(call, f"the answer broke off: {type(error).__name__} {error}") from error


async def read_bounded(call: Call, response: httpx.Response, bytes_max: int) -> bytes:
    """The body, unless it is larger than an answer may be: then it is cut off and counts as lost."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > bytes_max:
            raise lost(call, f"HTTP {response.status_code} with more than {bytes_max} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


def _absolute(address: str) -> httpx.URL:
    url = httpx.URL(address)
    if url.is_relative_url:
        raise httpx.UnsupportedProtocol("an address without a host")
    return url


@cache
def _timeout(seconds: float, *, connect_s: float) -> Mapping[str, float | None]:
    """The timeout in the form that httpx's transports take."""
    return httpx.Timeout(seconds, connect=connect_s, pool=connect_s).as_dict()


def _client(wiring: HttpSettings) -> httpx.AsyncClient:
    return http_client(
        bytes_max=2 * max(wiring.answer_bytes_max, wiring.download_bytes_max),  # readers have their own limits
        transport=wiring.transport,
        follow_redirects=False,
        limits=httpx.Limits(max_connections=CONNECTIONS_A_CLIENT, max_keepalive_connections=CONNECTIONS_A_CLIENT),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        headers={"user-agent": USER_AGENT},
    )
