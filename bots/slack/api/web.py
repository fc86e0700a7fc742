"""Slack's Web API over one HTTP session that a process shares: a burst of commands opens only a few connections."""

from collections.abc import Callable
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.api.tenant import current

TIMEOUT_S = 10
KEEP_S = 15.0
"""Seconds until an idle connection is closed, before Slack closes it: a POST on a closed one is not repeatable."""


Ended = Callable[[str], None]
"""Is told which token Slack says has ended."""


class WatchedClient(AsyncWebClient):
    """The SDK's client, which tells when Slack says that its token has ended: by our clock it may still be good."""

    ended: Ended | None = None

    async def _request(self, *, http_verb: str, api_url: str, req_args: dict[str, Any]) -> dict[str, Any]:
        token = self.token
        answer: dict[str, Any] = await super()._request(http_verb=http_verb, api_url=api_url, req_args=req_args)
        data = answer.get("data")
        if self.ended is not None and token and isinstance(data, dict) and data.get("error") == "token_expired":
            self.ended(token)
        return answer


class SharedWebClient(WatchedClient):
    """A client with a session that is opened by the first request and closed by `aclose`."""

    async def _request(self, *, http_verb: str, api_url: str, req_args: dict[str, Any]) -> dict[str, Any]:
        self.share()
        return await super()._request(http_verb=http_verb, api_url=api_url, req_args=req_args)

    def share(self) -> aiohttp.ClientSession:
        """The session, opened if it is not open."""
        if self.session is None or self.session.closed:
            self.session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self.timeout),
                connector=aiohttp.TCPConnector(keepalive_timeout=KEEP_S),
            )
        return self.session

    def bound(self, token: str) -> AsyncWebClient:
        """A client with another token that shares this session."""
        bound = WatchedClient(
            token=token, base_url=self.base_url, timeout=self.timeout, session=self.share(), retry_handlers=[]
        )
        bound.ended = self.ended
        return bound

    async def aclose(self) -> None:
        """Close the session; a later request would open another."""
        if self.session is not None:
            await self.session.close()


class TenantClient(SharedWebClient):
    """A client for many workspaces: it uses the token of the current request, and none outside a request."""

    @property
    def token(self) -> str | None:
        found = current()
        return found.token if found is not None else None

    @token.setter
    def token(self, value: str | None) -> None:
        """Ignore the token that the SDK sets in its constructor."""


def shared_client(token: str, base_url: str) -> SharedWebClient:
    """A client that never retries by itself: a broken connection may have posted the message. Its user closes it."""
    return SharedWebClient(token=token, base_url=base_url, timeout=TIMEOUT_S, retry_handlers=[])


def tenant_client(base_url: str) -> TenantClient:
    """Such a client for many workspaces."""
    return TenantClient(base_url=base_url, timeout=TIMEOUT_S, retry_handlers=[])
