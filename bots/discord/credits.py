"""/credits with all its views, the pages of the history, and the buttons of approval."""

import io
from uuid import UUID

import discord
from discord import app_commands

from bots.credit_service import Asking, Phrases, Said
from bots.discord import first
from bots.discord.asked_at import channel_of
from bots.discord.callers import principal
from bots.discord.credit_options import BUDGET, LIMITS, MORE, WHOSE, Given, View, read
from bots.discord.panels import manager
from bots.discord.places import unpacked
from bots.run_use_case import run_use_case
from bots.video_service import VideoService
from core.domain.credits.credit_commands import Order, ShowBalance, ShowHistory
from core.domain.credits.money import BudgetPeriod
from core.domain.ids import Thread
from core.replies.chat.card import Action, Card
from core.replies.chat.words import cut

ALT_MAX = 1000
EXPORT = "export"
_VIEWS = [app_commands.Choice(name=name, value=view.value) for view, name in View.named().items()]
_VIEWS.append(app_commands.Choice(name="this month as a file, for managers", value=EXPORT))
_WHOSE = [app_commands.Choice(name=name, value=value) for value, name in WHOSE.items()]
_PERIODS = [app_commands.Choice(name=f"a {period}", value=period.value) for period in BudgetPeriod]


def _channel(place: Thread) -> str:
    return str(unpacked(place).channel)


PHRASES = Phrases(more=MORE, budget=BUDGET, limits=LIMITS, unlink="/credits view: unlink", channel=_channel)


def register(tree: app_commands.CommandTree, video_service: VideoService) -> None:
    """Add the command. Discord lets no command with subcommands be called bare, so the views are an option."""

    @tree.command(name="credits", description="What your team has left and where it went; budgets and limits")
    @app_commands.describe(
        view="What to see or do; left out, the balance",
        amount="Credits, for budget and grant; off takes a budget away",
        member="Whose budget, or who gets some",
        giver="Who gives, if not you",
        channel="The channel of a budget, or for alerts",
        whose="A budget for each of them, or for all together",
        period="What a budget is for; left out, a month",
        approval="Dearer videos ask an admin; off for none",
        low="Below this balance there is an alert",
        code="The code from the other workspace",
    )
    @app_commands.choices(view=_VIEWS, whose=_WHOSE, period=_PERIODS)
    async def credits_command(
        interaction: discord.Interaction,
        view: str = View.BALANCE.value,
        amount: app_commands.Range[str, 1, 20] | None = None,
        member: discord.User | None = None,
        giver: discord.User | None = None,
        channel: discord.TextChannel | None = None,
        whose: str | None = None,
        period: str = BudgetPeriod.MONTH.value,
        approval: app_commands.Range[str, 1, 20] | None = None,
        low: app_commands.Range[str, 1, 20] | None = None,
        code: app_commands.Range[str, 1, 40] | None = None,
    ) -> None:
        if view == EXPORT:
            await _export(interaction, video_service=video_service)
            return
        given = Given(
            view=View(view),
            amount=amount,
            member=str(member.id) if member else None,
            giver=str(giver.id) if giver else None,
            channel=channel.id if channel else None,
            whose=whose,
            period=BudgetPeriod(period),
            approval=approval,
            low=low,
            code=code,
            guild=interaction.guild_id,
        )
        order = await run_use_case(_read(given), what="parse")
        if isinstance(order, Card):
            await first.whisper(interaction, order)
        elif await first.private(interaction):
            await _say(
                interaction, await video_service.credit_service.carry_out(order, await _asking(interaction), PHRASES)
            )


async def _export(interaction: discord.Interaction, *, video_service: VideoService) -> None:
    """The month as a file, for the manager alone."""
    if not await first.private(interaction):
        return
    made = await video_service.rules.export(await manager(interaction))
    if isinstance(made, Card):
        await first.whisper(interaction, made)
        return
    file = discord.File(io.BytesIO(made.content), filename=made.name)
    await first.whisper(interaction, Card(title="What was used this month"), file=file)


async def page(interaction: discord.Interaction, subject: str, *, video_service: VideoService) -> None:
    """Another page of the history, in the place of the one whose button was pressed."""
    if not await first.in_place(interaction):
        return
    before = int(subject) if subject.isdigit() else 0
    said = await video_service.credit_service.carry_out(
        ShowHistory(before or None), await _asking(interaction), PHRASES
    )
    await first.instead(interaction, said.card)


async def show_balance(interaction: discord.Interaction, *, video_service: VideoService) -> None:
    """The balance, for whoever pressed the button of an alert."""
    if await first.private(interaction):
        await _say(
            interaction,
            await video_service.credit_service.carry_out(ShowBalance(), await _asking(interaction), PHRASES),
        )


async def decided(
    interaction: discord.Interaction, action: Action, generation_id: UUID, *, video_service: VideoService
) -> None:
    """Approve or decline. The thread shows what came of it; the admin alone is told the rest."""
    if not await first.private(interaction):
        return
    by = await video_service.rules.manager(await manager(interaction))
    if isinstance(by, Card):
        await first.whisper(interaction, by)
        return
    decide = video_service.credit_service.approve if action is Action.APPROVE else video_service.credit_service.decline
    await first.whisper(interaction, await decide(generation_id, by=by))


async def _read(given: Given) -> Order:
    return read(given)


async def _asking(interaction: discord.Interaction) -> Asking:
    return Asking(principal=await principal(interaction), channel=channel_of(interaction), event=str(interaction.id))


async def _say(interaction: discord.Interaction, said: Said) -> None:
    """Answer the person alone, with the picture if there is one."""
    picture = said.picture
    file = None
    if picture is not None:
        words = cut(picture.alt, ALT_MAX)
        file = discord.File(io.BytesIO(picture.png), filename=picture.filename, description=words)
    await first.whisper(interaction, said.card, file=file)
