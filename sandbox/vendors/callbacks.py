"""Posts a vendor's callbacks: in the background, with a time limit, and again where the vendor tries again."""

import asyncio
import json
import ssl
from collections.abc import Coroutine, Mapping, Sequence
from functools import cache
from typing import Any

import httpx

TIMEOUT_S = 5.0
UNDER_WAY_MAX = 2000


@cache
def tls() -> ssl.SSLContext:
    """One TLS context for all: to load the certificates takes longer than most requests here."""
    return ssl.create_default_context()


class Callbacks:
    """Delivers callbacks one by one; what cannot be delivered is given up."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None

    def send(
        self, url: str, body: bytes, *, headers: Mapping[str, str] | None = None, waits_s: Sequence[float] = ()
    ) -> None:
        """Post the body in the background: once, and again after each of the waits until the answer is a 2xx."""
        if url:
            self.later(self._deliver(url, body, dict(headers or {}), waits_s))

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in the background; when far too much is under way already, give it up."""
        if len(self._under_way) >= UNDER_WAY_MAX:
            work.close()
            return
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def ask(self, url: str, body: bytes, *, timeout_s: float) -> httpx.Response | None:
        """Post now and give the answer; nothing if there was none in time."""
        headers = {"content-type": "application/json"}
        try:
            return await self._http().post(url, content=body, headers=headers, timeout=timeout_s)
        except (httpx.HTTPError, httpx.InvalidURL):
            return None

    async def close(self) -> None:
        """Give up what is still under way."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _deliver(self, url: str, body: bytes, headers: dict[str, str], waits_s: Sequence[float]) -> None:
        headers = {"content-type": "application/json", **headers}
        for wait_s in (0.0, *waits_s):
            await asyncio.sleep(wait_s)
            try:
                answer = await self._http().post(url, content=body, headers=headers)
            except (httpx.HTTPError, httpx.InvalidURL):
                continue
            if answer.is_success:
                return

    def _http(self) -> httpx.AsyncClient:
        """One client; no connection is kept, so that nothing is left open when the sandbox stops."""
        if self._client is None:
            limits = httpx.Limits(max_keepalive_connections=0)
            self._client = httpx.AsyncClient(timeout=TIMEOUT_S, limits=limits, trust_env=False, verify=tls())
        return self._client


def compact(value: Any) -> bytes:
    """JSON without spaces, as most vendors send it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
