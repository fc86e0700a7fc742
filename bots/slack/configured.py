"""Builds what the settings of Slack describe: the clients, the workspaces, the adapter and the check of rights."""

from dataclasses import dataclass

from bots.slack.api.tenant import speaking_for
from bots.slack.api.web import SharedWebClient, shared_client, tenant_client
from bots.slack.delivery.chat import SlackChat, client
from bots.slack.installation.installations import PostgresInstallations
from bots.slack.installation.sealing import Sealer
from bots.slack.installation.workspaces import ManyWorkspaces, OneWorkspace, Workspaces
from bots.slack.people.rights import is_admin
from bots.slack.settings import Mode, SlackSettings, settings
from bots.video_service import AdminCheck
from core.db.errors import DatabaseAway
from core.db.pool import Pool
from core.domain.chat.chat_errors import ChatError
from core.domain.ids import Installation, UserId
from core.domain.requests.refusals import CannotCheck
from core.ports import Chat
from core.replies.chat.card import Card


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The client and the tokens, for one workspace or for many."""

    web: SharedWebClient
    workspaces: Workspaces
    is_many: bool
    cards: bool

    def chat(self) -> SlackChat:
        """The adapter that posts there; it closes the client."""
        return SlackChat(self.web, workspaces=self.workspaces if self.is_many else None, cards=self.cards)


def reach(known: SlackSettings, pool: Pool) -> Reach | None:
    """The client and the tokens; None where Slack is not configured.

    Raises:
        SettingsError: only a part of the settings is set.
    """
    mode = known.mode
    if mode is Mode.MANY:
        tenants, workspaces = tenant_client(known.slack_base_url), many(known, pool)
        tenants.ended = workspaces.refused
        return Reach(web=tenants, workspaces=workspaces, is_many=True, cards=known.slack_cards)
    if known.slack_bot_token is None:
        return None
    web = shared_client(known.slack_bot_token.get_secret_value(), known.slack_base_url)
    return Reach(web=web, workspaces=OneWorkspace(web), is_many=False, cards=known.slack_cards)


def many(known: SlackSettings, pool: Pool) -> ManyWorkspaces:
    """The workspaces that have installed the app."""
    secret = known.slack_client_secret
    return ManyWorkspaces(
        PostgresInstallations(pool, Sealer(known.token_keys)),
        client("", known.slack_base_url),
        client_id=known.slack_client_id or "",
        client_secret=secret.get_secret_value() if secret is not None else "",
    )


def chat_from_environment(pool: Pool) -> Chat[Card] | None:
    """The adapter for Slack as configured; None without Slack."""
    found = reach(settings(), pool)
    return found.chat() if found is not None else None


def admins_from_environment() -> AdminCheck | None:
    """The check whether a person is an admin, which asks the workspace; None without Slack."""
    known = settings()
    if known.mode is None:
        return None

    async def check(pool: Pool, installation: Installation, user: UserId) -> bool:
        found = reach(known, pool)
        if found is None:
            return False
        try:
            workspace = await found.workspaces.find(installation)
            if workspace is None or workspace.installation != installation:
                return False
            with speaking_for(workspace):
                return await is_admin(found.web, user)
        except (ChatError, CannotCheck, DatabaseAway):
            return False
        finally:
            await found.workspaces.aclose()
            await found.web.aclose()

    return check
