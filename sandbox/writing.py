"""Stands in for an OpenAI-compatible endpoint that writes descriptions better: it adds light and camera."""

import asyncio
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.wire import body
from sandbox.world import FaultKind, World

SUBJECT = "writing"
SLOW_S = 30.0
ADDED = "golden evening light, slow tracking shot, fine detail"


class Writing:
    """The endpoint. Its trouble has the subject `writing`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[BaseRoute]:
        return [Route("/writing/v1/chat/completions", self._complete, methods=["POST"])]

    async def _complete(self, request: Request) -> Response:
        posted = await body(request)
        if self._world.hits(SUBJECT, FaultKind.DOWN):
            return JSONResponse({"error": {"message": "Service unavailable", "type": "server_error"}}, 503)
        if self._world.hits(SUBJECT, FaultKind.SLOW):
            await asyncio.sleep(SLOW_S)
        if self._world.hits(SUBJECT, FaultKind.BROKEN):
            return JSONResponse({"choices": "none"})
        words = str(posted["messages"][-1]["content"]).rstrip(". ")
        message = {"role": "assistant", "content": f"“{words}, {ADDED}”"}
        return JSONResponse(
            {
                "id": f"chatcmpl-{uuid4().hex}",
                "object": "chat.completion",
                "model": posted.get("model"),
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
            }
        )
