"""Socket Mode: the connections an app holds, the envelopes that go out on them, the acknowledgements that come back."""

import asyncio
import json
import secrets
from collections import OrderedDict, deque
from contextlib import suppress
from dataclasses import dataclass, field

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from sandbox.slack.fixtures import APP_ID, Json
from sandbox.slack.response_window import Answer

CONNECTIONS_MAX = 10
TICKETS_MAX = 100
SEND_S = 2.0


@dataclass(slots=True, kw_only=True)
class Sockets:
    """An app's live connections. An envelope goes out on one of them, each in turn.

    Args:
        ack_s: how long an app has to acknowledge an envelope.
        refusing: every connection is one too many.
        ended: every address leads nowhere any more when it is used.
    """

    ack_s: float = 3.0
    connections: deque[WebSocket] = field(default_factory=deque)
    refusing: bool = False
    ended: bool = False
    tickets: "OrderedDict[str, None]" = field(default_factory=OrderedDict)
    _waiting: dict[str, asyncio.Future[Json]] = field(default_factory=dict)

    def route(self) -> WebSocketRoute:
        """Where apps connect."""
        return WebSocketRoute("/socket", self._serve)

    def ticket(self) -> str:
        """A one-time right to connect, for the URL of `apps.connections.open`."""
        ticket = secrets.token_urlsafe(24)
        self.tickets[ticket] = None
        while len(self.tickets) > TICKETS_MAX:
            self.tickets.popitem(last=False)
        return ticket

    async def send(self, envelope: str, *, envelope_id: str) -> Answer:
        """Deliver an envelope, and wait for its acknowledgement for as long as Slack does."""
        waiting = self._waiting.setdefault(envelope_id, asyncio.get_running_loop().create_future())
        try:
            if not await self._deliver(envelope):
                return Answer(unheard=True)
            async with asyncio.timeout(self.ack_s):
                return Answer(payload=await asyncio.shield(waiting))
        except TimeoutError:
            return Answer(late=True)
        finally:
            if self._waiting.get(envelope_id) is waiting:
                del self._waiting[envelope_id]

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask the app to come back on a new connection, on all that it holds, and close them."""
        for connection in list(self.connections):
            await self._part(connection, reason)

    async def drop(self) -> None:
        """Lose every connection without a word."""
        for connection in list(self.connections):
            self._forget(connection)
            with suppress(RuntimeError):
                await connection.close(code=1011)

    async def _deliver(self, text: str) -> bool:
        """Send on the next connection that takes it."""
        for _ in range(len(self.connections)):
            connection = self.connections[0]
            self.connections.rotate(-1)
            try:
                async with asyncio.timeout(SEND_S):
                    await connection.send_text(text)
            except (RuntimeError, WebSocketDisconnect, TimeoutError):
                self._forget(connection)
            else:
                return True
        return False

    async def _serve(self, websocket: WebSocket) -> None:
        ticket = websocket.query_params.get("ticket", "")
        if self.ended or ticket not in self.tickets:
            await websocket.close(code=1008)
            return
        del self.tickets[ticket]
        await websocket.accept()
        if self.refusing or len(self.connections) >= CONNECTIONS_MAX:
            await self._part(websocket, "too_many_websockets")
            return
        self.connections.append(websocket)
        try:
            await websocket.send_text(json.dumps(self._hello()))
            while True:
                self._acknowledged(await websocket.receive_text())
        except (WebSocketDisconnect, RuntimeError):
            return
        finally:
            self._forget(websocket)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "debug_info": {"host": "sandbox", "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": APP_ID},
        }

    def _acknowledged(self, text: str) -> None:
        try:
            said = json.loads(text)
        except ValueError:
            return
        if not isinstance(said, dict):
            return
        waiting = self._waiting.get(str(said.get("envelope_id")))
        if waiting is not None and not waiting.done():
            payload = said.get("payload")
            waiting.set_result(payload if isinstance(payload, dict) else {})

    async def _part(self, connection: WebSocket, reason: str) -> None:
        """No more envelopes go out on the connection, but acknowledgements already on their way still count."""
        self._forget(connection)
        with suppress(RuntimeError, WebSocketDisconnect):
            await connection.send_text(json.dumps({"type": "disconnect", "reason": reason, "debug_info": {}}))
            if connection.client_state is WebSocketState.CONNECTED and reason == "too_many_websockets":
                await connection.close()

    def _forget(self, connection: WebSocket) -> None:
        with suppress(ValueError):
            self.connections.remove(connection)
