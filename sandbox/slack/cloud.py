"""Slack with several workspaces that may install one app: OAuth, tokens that end and are renewed, whose a token is."""

import base64
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from sandbox.slack.arguments import Arguments, read
from sandbox.slack.errors import SlackError
from sandbox.slack.fixtures import APP_ID, BOT_USER_ID, ORG_ID, Json
from sandbox.slack.workspace import Slack

CODE_S = 600.0
TOKEN_S = 43_200
ACCESS = "oauth.v2.access"


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthApp:
    """The app as Slack knows it. `rotates`: its tokens end after twelve hours."""

    client_id: str
    client_secret: str
    redirect_urls: tuple[str, ...]
    rotates: bool = False


@dataclass(slots=True, kw_only=True)
class _Grant:
    """What a person has agreed to, until it is exchanged."""

    slack: Slack
    user: str
    scopes: str
    redirect_uri: str
    at: float


@dataclass(slots=True)
class Cloud:
    """Several workspaces behind one Web API.

    Args:
        workspaces: each a stand-in with its own team.
        app: the one app that they may install.
        refusing: the next person presses Cancel.
        token_s: how long a token lives, where they end.
    """

    workspaces: Sequence[Slack]
    app: OAuthApp
    refusing: bool = False
    token_s: int = TOKEN_S
    clock: Callable[[], float] = time.time
    refreshes: int = 0
    exchange: Callable[[], Awaitable[None]] | None = None
    """Waited for before a token is renewed: for tests that race."""
    _codes: dict[str, _Grant] = field(default_factory=dict)
    _refresh: dict[str, Slack] = field(default_factory=dict)

    def routes(self) -> list[BaseRoute]:
        """The Web API for all, the page of consent, and below each team's id what else it answers."""
        return [
            Route("/slack/api/{method}", self._call, methods=["GET", "POST"]),
            Route("/slack/oauth/v2/authorize", self._consent),
            *(Mount(f"/{slack.store.team.id}/slack", routes=slack.routes()) for slack in self.workspaces),
        ]

    def uninstall(self, slack: Slack) -> None:
        """A person takes the app out: its tokens are worth nothing."""
        slack.tokens.clear()
        for token in [token for token, of in self._refresh.items() if of is slack]:
            del self._refresh[token]

    async def _call(self, request: Request) -> Response:
        if request.path_params["method"] == ACCESS:
            try:
                args, _ = await read(request)
            except SlackError as refusal:
                return JSONResponse(refusal.body())
            return await self._troubled(args, request)
        try:
            _, token = await read(request)
        except SlackError as refusal:
            return JSONResponse(refusal.body())
        slack = next((each for each in self.workspaces if token in each.tokens), self.workspaces[0])
        return await slack.call(request)

    async def _troubled(self, args: Arguments, request: Request) -> Response:
        """An exchange, with the trouble of the workspace whose token it is about."""

        async def answer() -> Response:
            try:
                return JSONResponse(await self._access(args, request))
            except SlackError as refusal:
                return JSONResponse(refusal.body())

        grant = self._codes.get(args.text("code"))
        slack = self._refresh.get(args.text("refresh_token")) or (grant.slack if grant is not None else None)
        return await slack.around(request, ACCESS, answer) if slack is not None else await answer()

    async def _consent(self, request: Request) -> Response:
        """The page on which a person agrees; here they always agree, so it is not shown."""
        asked = request.query_params
        if asked.get("client_id") != self.app.client_id:
            return PlainTextResponse("Invalid client_id parameter", 400)
        redirect = asked.get("redirect_uri") or self.app.redirect_urls[0]
        if redirect not in self.app.redirect_urls:
            return PlainTextResponse("redirect_uri did not match any configured URIs", 400)
        state = asked.get("state", "")
        if self.refusing:
            self.refusing = False
            return RedirectResponse(f"{redirect}?{urlencode({'error': 'access_denied', 'state': state})}", 302)
        team = asked.get("team") or self.workspaces[0].store.team.id
        slack = next((each for each in self.workspaces if each.store.team.id == team), None)
        if slack is None:
            return PlainTextResponse("invalid_team_for_non_distributed_app", 400)
        code = secrets.token_hex(16)
        self._codes[code] = _Grant(
            slack=slack, user="U0ANA", scopes=asked.get("scope", ""), redirect_uri=redirect, at=self.clock()
        )
        return RedirectResponse(f"{redirect}?{urlencode({'code': code, 'state': state})}", 302)

    async def _access(self, args: Arguments, request: Request) -> Json:
        """oauth.v2.access: a code, or a token that renews another, once each."""
        client_id, client_secret = self._client(args, request)
        if client_id != self.app.client_id:
            raise SlackError("invalid_client_id")
        if client_secret != self.app.client_secret:
            raise SlackError("bad_client_secret")
        if args.text("grant_type") == "refresh_token":
            return await self._renewed(args.text("refresh_token"))
        grant = self._codes.pop(args.text("code"), None)
        if grant is None or self.clock() - grant.at > CODE_S:
            raise SlackError("invalid_code")
        if (args.text("redirect_uri") or grant.redirect_uri) != grant.redirect_uri:
            raise SlackError("bad_redirect_uri")
        grant.slack.granted = grant.scopes
        org = grant.slack.store.org_wide
        return {
            "ok": True,
            "app_id": APP_ID,
            "authed_user": {"id": grant.user},
            "scope": grant.scopes,
            "token_type": "bot",
            "bot_user_id": BOT_USER_ID,
            "team": None if org else {"id": grant.slack.store.team.id, "name": grant.slack.store.team.name},
            "enterprise": {"id": ORG_ID, "name": "Sandbox Org"} if org else None,
            "is_enterprise_install": org,
            **self._minted(grant.slack),
        }

    async def _renewed(self, refresh_token: str) -> Json:
        slack = self._refresh.pop(refresh_token, None)
        if slack is None:
            raise SlackError("invalid_refresh_token")
        if self.exchange is not None:
            await self.exchange()
        self.refreshes += 1
        return {
            "ok": True,
            "app_id": APP_ID,
            "scope": slack.granted,
            "token_type": "bot",
            "bot_user_id": BOT_USER_ID,
            **self._minted(slack),
        }

    def _minted(self, slack: Slack) -> Json:
        """A fresh token; of the older ones only the last goes on for its time."""
        for token in list(slack.tokens)[:-1]:
            del slack.tokens[token]
        token = f"xoxb-{slack.store.team.id}-{secrets.token_hex(8)}"
        if not self.app.rotates:
            slack.tokens[token] = float("inf")
            return {"access_token": token}
        token = f"xoxe.{token}"
        slack.tokens[token] = self.clock() + self.token_s
        refresh = f"xoxe-1-{secrets.token_hex(12)}"
        self._refresh[refresh] = slack
        return {"access_token": token, "refresh_token": refresh, "expires_in": self.token_s}

    @staticmethod
    def _client(args: Arguments, request: Request) -> tuple[str, str]:
        """The app's own credentials: HTTP Basic, or arguments."""
        scheme, _, packed = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            client_id, _, secret = base64.b64decode(packed).decode().partition(":")
            return client_id, secret
        return args.text("client_id"), args.text("client_secret")
