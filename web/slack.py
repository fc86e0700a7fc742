"""Where Slack posts its events, commands and presses."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bots.slack.http import SlackHttp
from web.bodies import read

_WITHIN_S = 2.5
"""Slack itself gives up after 3 s."""


class SlackEvents:
    """Takes what Slack posts."""

    def __init__(self, slack: SlackHttp) -> None:
        self._slack = slack

    def routes(self) -> list[BaseRoute]:
        return [Route("/slack/events", self._take, methods=["POST"])]

    async def _take(self, request: Request) -> Response:
        body = await read(request, within_s=_WITHIN_S)
        answer = await self._slack.answer(request.headers, body)
        return Response(answer.text, answer.status, headers=dict(answer.headers))
