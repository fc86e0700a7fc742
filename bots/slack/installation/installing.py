"""Lets a workspace install the app: slack-bolt's OAuth flow over our own stores, with our own pages."""

from collections.abc import Mapping, Sequence
from logging import getLogger

import structlog
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bots.platform import Address, Answered
from bots.slack.api.web import shared_client
from bots.slack.installation.install_pages import HEADERS, failed_page, installed_page
from bots.slack.installation.installations import PostgresInstallations, PostgresStates
from bots.slack.installation.manifest import scopes
from bots.slack.installation.sealing import Sealer
from bots.slack.settings import SlackSettings
from core.db.pool import Pool

log = structlog.get_logger()

INSTALL, REDIRECTED = "/slack/install", "/slack/oauth_redirect"


class Installer:
    """The two addresses of an installation."""

    def __init__(self, known: SlackSettings, pool: Pool, *, public_url: str) -> None:
        secret = known.slack_client_secret
        self._web = shared_client("", known.slack_base_url)
        granted = scopes(history=known.slack_history)
        self._flow = AsyncOAuthFlow(
            client=self._web,
            logger=getLogger("slack_bolt.oauth"),
            settings=AsyncOAuthSettings(
                client_id=known.slack_client_id,
                client_secret=secret.get_secret_value() if secret is not None else "",
                scopes=[*granted.needed, *granted.optional],
                redirect_uri=public_url.rstrip("/") + REDIRECTED,
                install_path=INSTALL,
                redirect_uri_path=REDIRECTED,
                install_page_rendering_enabled=False,
                installation_store=PostgresInstallations(pool, Sealer(known.token_keys)),
                installation_store_bot_only=True,
                state_store=PostgresStates(pool),
                callback_options=AsyncCallbackOptions(success=_installed, failure=_failed),
                authorization_url=_authorization_url(known.slack_base_url),
            ),
        )

    def addresses(self) -> tuple[Address, ...]:
        """The path at which people begin, and the one to which Slack sends them back."""
        return (
            Address(path=INSTALL, method="GET", answer=lambda asked: self.begin(asked.query, asked.headers)),
            Address(path=REDIRECTED, method="GET", answer=lambda asked: self.finish(asked.query, asked.headers)),
        )

    async def begin(self, query: Mapping[str, str], headers: Mapping[str, str]) -> Answered:
        """Send the person to Slack, with a state that can come back once.

        Raises:
            DatabaseAway
        """
        return _page(await self._flow.handle_installation(_request(query, headers)))

    async def finish(self, query: Mapping[str, str], headers: Mapping[str, str]) -> Answered:
        """The person is back from Slack: store the installation, and show what to type.

        Raises:
            DatabaseAway
        """
        return _page(await self._flow.handle_callback(_request(query, headers)))

    async def aclose(self) -> None:
        await self._web.aclose()


def _page(answer: BoltResponse) -> Answered:
    headers = tuple((name, value) for name, values in answer.headers.items() for value in values)
    return Answered(status=answer.status, body=answer.body, headers=headers)


def _request(query: Mapping[str, str], headers: Mapping[str, str]) -> AsyncBoltRequest:
    return AsyncBoltRequest(body="", query=dict(query), headers=dict(headers))


def _authorization_url(base_url: str) -> str:
    """Slack's page for the approval; for a stand-in, the page beside its API."""
    return base_url.removesuffix("api/") + "oauth/v2/authorize"


async def _installed(args: AsyncSuccessArgs) -> BoltResponse:
    found = args.installation
    name = (found.enterprise_name if found.is_enterprise_install else found.team_name) or "your workspace"
    log.info("app.installed", team=found.team_id, organization=found.enterprise_id)
    page = installed_page(
        name, app_id=found.app_id, team_id=found.team_id, for_organization=bool(found.is_enterprise_install)
    )
    return BoltResponse(status=200, body=page, headers=_headers(args.settings))


async def _failed(args: AsyncFailureArgs) -> BoltResponse:
    log.warning("app.not_installed", why=args.reason)
    page = failed_page(args.reason, again=args.settings.install_path)
    return BoltResponse(status=args.suggested_status_code, body=page, headers=_headers(args.settings))


def _headers(settings: AsyncOAuthSettings) -> dict[str, str | Sequence[str]]:
    return {**HEADERS, "set-cookie": settings.state_utils.build_set_cookie_for_deletion()}
