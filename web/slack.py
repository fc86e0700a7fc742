"""Where Slack posts its events, commands and presses, and where people install the app."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bots.slack.http import SlackHttp
from bots.slack.installing import INSTALL, REDIRECTED, Installer, Page
from web.bodies import read

_WITHIN_S = 2.5
"""Slack itself gives up after 3 s."""


class SlackEvents:
    """Takes what Slack posts."""

    def __init__(self, slack: SlackHttp) -> None:
        self._slack = slack

    def routes(self) -> list[BaseRoute]:
        routes: list[BaseRoute] = [Route("/slack/events", self._take, methods=["POST"])]
        if self._slack.installer is not None:
            routes += _SlackInstall(self._slack.installer).routes()
        return routes

    async def _take(self, request: Request) -> Response:
        body = await read(request, within_s=_WITHIN_S)
        answer = await self._slack.answer(request.headers, body)
        return Response(answer.text, answer.status, headers=dict(answer.headers))


class _SlackInstall:
    """The two addresses of an installation."""

    def __init__(self, installer: Installer) -> None:
        self._installer = installer

    def routes(self) -> list[BaseRoute]:
        return [Route(INSTALL, self._begin), Route(REDIRECTED, self._finish)]

    async def _begin(self, request: Request) -> Response:
        return _response(await self._installer.begin(request.query_params, request.headers))

    async def _finish(self, request: Request) -> Response:
        return _response(await self._installer.finish(request.query_params, request.headers))


def _response(page: Page) -> Response:
    response = Response(page.body, page.status)
    for name, value in page.headers:
        response.headers.append(name, value)
    return response
