"""/credits for everybody and /credit-settings for admins, with their menus and forms, and the buttons of approval."""

import io
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from uuid import UUID

import discord
import structlog
from discord import app_commands

from bots.credit_service import Asking, Phrases, Said
from bots.discord.api.errors import translated
from bots.discord.api.places import unpacked
from bots.discord.credits.credit_forms import FORM_ID, CreditForm, modal, read
from bots.discord.drawing.buttons import signer
from bots.discord.inbound import responses
from bots.discord.inbound.interaction_place import channel_of
from bots.discord.people.callers import principal
from bots.discord.people.rights import for_admins
from bots.discord.rules.manager_views import export
from bots.discord.rules.panels import filled, manager
from bots.run_use_case import run_use_case
from bots.video_service import VideoService
from core.domain.chat.chat_errors import ChatError
from core.domain.credits.credit_commands import (
    CreditCommand,
    Part,
    ShowBalance,
    ShowBudgets,
    ShowCode,
    ShowHistory,
    ShowLimits,
    ShowMonth,
)
from core.domain.ids import Thread
from core.domain.requests.refusals import ForgedButton
from core.replies.chat.card import Action, Button, Card, Menu
from core.replies.chat.community_actions import CommunityAction
from core.replies.chat.words import cut
from core.replies.languages.say import later, say
from core.replies.requests.refusals import refused

log = structlog.get_logger()

ALT_MAX = 1000
EXPORT = "export"
SETTINGS = "/credit-settings"


class CreditView(StrEnum):
    """The views of /credits, and the actions that need no form."""

    BALANCE = "balance"
    HISTORY = "history"
    MONTH = "month"
    BUDGETS = "budgets"
    LIMITS = "limits_shown"
    LINK = "link"
    UNLINK = "unlink"


_COMMANDS: Mapping[CreditView, CreditCommand] = {
    CreditView.BALANCE: ShowBalance(),
    CreditView.HISTORY: ShowHistory(),
    CreditView.MONTH: ShowMonth(),
    CreditView.BUDGETS: ShowBudgets(),
    CreditView.LIMITS: ShowLimits(),
    CreditView.LINK: ShowCode(),
    CreditView.UNLINK: Part(),
}
_OF_EVERYBODY: Mapping[str, str] = {
    CreditView.HISTORY: later("Every video and every credit"),
    CreditView.MONTH: later("A picture of the last 30 days"),
    CreditForm.GIFT: later("Give to a member…"),
}
_OF_ADMINS: Mapping[str, str] = {
    CreditView.BUDGETS: later("The budgets"),
    CreditForm.BUDGET: later("Set a budget…"),
    CreditForm.LIMITS: later("Approval and alerts…"),
    CreditForm.GIFT_FROM: later("Give to a member…"),
    EXPORT: later("This month as a file"),
    CreditView.LINK: later("A code to share these credits"),
    CreditForm.CODE: later("Join another workspace…"),
    CreditView.UNLINK: later("Stop sharing"),
}
_VIEWS = [
    app_commands.Choice(name="what is left, and this month's use", value=CreditView.BALANCE.value),
    app_commands.Choice(name="every video and every credit", value=CreditView.HISTORY.value),
    app_commands.Choice(name="a picture of the last 30 days", value=CreditView.MONTH.value),
]


def _channel(place: Thread) -> str:
    return str(unpacked(place).channel)


PHRASES = Phrases(more=None, budget=(), limits=(), unlink=SETTINGS, channel=_channel)


class Credits:
    """The handlers of one process."""

    def __init__(self, video_service: VideoService) -> None:
        self._service = video_service

    def register(self, tree: app_commands.CommandTree) -> None:
        """Add the commands."""

        @tree.command(name="credits", description="What your team has left, and where it went")
        @app_commands.describe(view="What to see; left out, the balance")
        @app_commands.choices(view=_VIEWS)
        async def credits_command(interaction: discord.Interaction, view: str = CreditView.BALANCE.value) -> None:
            await self._show(interaction, CreditView(view))

        @tree.command(name="credit-settings", description="For admins: budgets, approval, alerts, shared credits")
        @for_admins
        async def credit_settings(interaction: discord.Interaction) -> None:
            await self._show(interaction, CreditView.LIMITS)

    async def chosen(self, interaction: discord.Interaction, subject: str) -> None:
        """An option of a menu was chosen."""
        if subject in set(CreditForm):
            await self._open(interaction, CreditForm(subject))
        elif subject in set(CreditView):
            await self._show(interaction, CreditView(subject))
        elif await responses.defer_privately(interaction):
            await export(interaction, await manager(interaction), video_service=self._service)

    async def sent(self, interaction: discord.Interaction) -> bool:
        """A form was sent. False: it is none of the forms about credits."""
        data = dict(interaction.data or {})
        found = FORM_ID.fullmatch(str(data.get("custom_id", "")))
        if found is None:
            return False
        if not await responses.defer_privately(interaction):
            return True
        if not signer().knows(found["signature"], CommunityAction.CREDITS.value, found["name"]):
            log.warning("button.forged", platform="discord", user=str(interaction.user.id))
            await responses.whisper(interaction, refused(ForgedButton()))
            return True

        async def read_form() -> CreditCommand:
            return read(CreditForm(found["name"]), filled(data), guild=interaction.guild_id)

        command = await run_use_case(read_form(), what="parse")
        if isinstance(command, Card):
            await responses.whisper(interaction, command)
        else:
            await _say(interaction, await self._carry_out(command, await _asking(interaction)))
        return True

    async def page(self, interaction: discord.Interaction, subject: str) -> None:
        """Show another page of the history in place of the present one."""
        if not await responses.defer_in_place(interaction):
            return
        before = int(subject) if subject.isdigit() else 0
        said = await self._carry_out(ShowHistory(before or None), await _asking(interaction))
        await responses.replace_card(interaction, said.card)

    async def show_balance(self, interaction: discord.Interaction) -> None:
        """Show the balance to the person who pressed the button of an alert."""
        await self._show(interaction, CreditView.BALANCE)

    async def decided(self, interaction: discord.Interaction, action: Action, generation_id: UUID) -> None:
        """Approve or decline a generation. The thread shows the outcome; only the admin sees the answer."""
        if not await responses.defer_privately(interaction):
            return
        by = await self._service.rules.manager(await manager(interaction))
        if isinstance(by, Card):
            await responses.whisper(interaction, by)
            return
        service = self._service.credit_service
        decide = service.approve if action is Action.APPROVE else service.decline
        await responses.whisper(interaction, await decide(generation_id, by=by))

    async def _show(self, interaction: discord.Interaction, view: CreditView) -> None:
        if not await responses.defer_privately(interaction):
            return
        asking = await _asking(interaction)
        said = await self._carry_out(_COMMANDS[view], asking)
        is_settings = view is CreditView.LIMITS and asking.principal.is_admin
        if view is CreditView.BALANCE or is_settings:
            said = replace(said, card=_with_menu(said.card, _OF_ADMINS if is_settings else _OF_EVERYBODY))
        await _say(interaction, said)

    async def _open(self, interaction: discord.Interaction, name: CreditForm) -> None:
        """Show a form. A form must be the first answer, so hardly anything is done before."""
        limits, alerts_in = None, None
        if name is CreditForm.LIMITS:
            asking = await _asking(interaction)
            found = await self._service.credit_service.limits(asking)
            if isinstance(found, Card):
                await responses.whisper(interaction, found)
                return
            limits, here = found, (asking.principal.platform, asking.principal.installation)
            if limits.alert_channel is not None:
                if (limits.alert_platform, limits.alert_installation) == here:
                    alerts_in = unpacked(Thread(limits.alert_channel)).channel
                else:
                    name = CreditForm.LIMITS_ELSEWHERE
        try:
            async with translated():
                await interaction.response.send_modal(modal(name, limits=limits, alerts_in=alerts_in))
        except ChatError as error:
            log.info("form.not_opened", error=type(error).__name__)

    async def _carry_out(self, command: CreditCommand, asking: Asking) -> Said:
        return await self._service.credit_service.carry_out(command, asking, PHRASES)


def _with_menu(card: Card, choices: Mapping[str, str]) -> Card:
    buttons = tuple(Button(CommunityAction.CREDITS, say(words), str(name)) for name, words in choices.items())
    return replace(card, parts=(*card.parts, Menu(say("More"), buttons)))


async def _asking(interaction: discord.Interaction) -> Asking:
    return Asking(principal=await principal(interaction), channel=channel_of(interaction), event=str(interaction.id))


async def _say(interaction: discord.Interaction, said: Said) -> None:
    """Answer so that only the person sees it, with the picture if there is one."""
    picture = said.picture
    file = None
    if picture is not None:
        words = cut(picture.alt, ALT_MAX)
        file = discord.File(io.BytesIO(picture.png), filename=picture.filename, description=words)
    await responses.whisper(interaction, said.card, file=file)
