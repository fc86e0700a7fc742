"""The end of the server: requests that still wait then are answered, not cut off with a trace each."""

import asyncio
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Closing:
    """Stands around the application and knows which requests are open."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._open: set[asyncio.Task[object]] = set()
        self._is_closing = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        if scope["type"] != "http" or task is None:
            await self._app(scope, receive, send)
            return
        answer = _Answer(send)
        self._open.add(task)
        try:
            await self._app(scope, receive, answer.send)
        except asyncio.CancelledError:
            if not self._is_closing:
                raise
            await answer.end()
        finally:
            self._open.discard(task)

    async def close(self, *, within_s: float) -> None:
        """End the open requests: by themselves within this time, else with a 503."""
        self._is_closing = True
        if not self._open:
            return
        _, left = await asyncio.wait(self._open, timeout=within_s)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


class _Answer:
    """What has been sent of an answer, and how it is brought to an end."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._is_begun = self._is_whole = False

    async def send(self, message: Message) -> None:
        self._is_begun = True
        self._is_whole = message["type"] == "http.response.body" and not message.get("more_body", False)
        await self._send(message)

    async def end(self) -> None:
        if not self._is_begun:
            await self.send({"type": "http.response.start", "status": HTTPStatus.SERVICE_UNAVAILABLE, "headers": []})
        if not self._is_whole:
            await self.send({"type": "http.response.body", "body": b""})
