"""Greets a server that has added the bot: one message in its system channel, or to the person who added it."""

import asyncio
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

import discord
import structlog

from bots.conversation import Asker, Conversation
from bots.discord.api.errors import Asked, translated
from bots.discord.drawing import render
from bots.discord.inbound import responses
from bots.discord.people.callers import DISCORD
from bots.discord.people.permissions import invitation, lacking
from bots.discord.requests.commands import EXAMPLES, Commands
from bots.discord.rules.panels import manager
from bots.video_service import VideoService
from core.domain.chat.chat_errors import ChatError
from core.domain.ids import Installation
from core.domain.requests.request import VideoRequest
from core.replies.chat.arrival import arrived, first_made
from core.replies.chat.card import Card
from core.usecases.requests.submit import Submitted

log = structlog.get_logger()

LATELY = timedelta(hours=24)
"""A bot that was not running when it was added still greets the server within this time."""
FIRST_PROMPT = "A red fox trots through fresh snow at dusk, breath steaming, the camera follows it low"


class Arrival:
    """The handlers of one process."""

    def __init__(
        self, client: discord.Client, video_service: VideoService, commands: Commands, conversation: Conversation
    ) -> None:
        self._client = client
        self._service = video_service
        self._commands = commands
        self._conversation = conversation
        self._in_order: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        """One lock for each server, so that a removal and an invitation are handled one after the other."""

    async def came(self, guild: discord.Guild) -> None:
        """The bot is in this server: greet it if the bot was added lately and no process has greeted it yet."""
        me = guild.get_member(self._client.user.id) if self._client.user is not None else None
        joined_at = me.joined_at if me is not None else None
        if joined_at is None or discord.utils.utcnow() - joined_at > LATELY:
            return
        async with self._in_order[guild.id]:
            is_new = await self._service.presence.came(DISCORD, Installation(str(guild.id)), joined_at=joined_at)
        if not is_new:
            return
        card = self.card(guild)
        if await self._in_channels(guild, card) or await self._directly(guild, card):
            return
        log.warning("arrival.not_said", server=str(guild.id))

    async def left(self, guild: discord.Guild) -> None:
        """The bot was removed from this server."""
        async with self._in_order[guild.id]:
            await self._service.presence.left(DISCORD, Installation(str(guild.id)))

    def card(self, guild: discord.Guild) -> Card:
        """The card that greets this server."""
        presence = self._service.presence
        return arrived(
            subject=str(guild.id),
            free_credits=presence.free_credits,
            has_first_video=presence.first_video() is not None,
            lacks=lacking(guild),
            invitation=invitation(self._client.application_id or 0, server=guild.id),
            examples=EXAMPLES[:2],
        )

    async def _in_channels(self, guild: discord.Guild, card: Card) -> bool:
        channel = guild.system_channel
        if channel is None:
            return False
        may = channel.permissions_for(guild.me)
        if not (may.view_channel and may.send_messages and may.embed_links):
            return False
        return await self._said(channel, card)

    async def _directly(self, guild: discord.Guild, card: Card) -> bool:
        """The person to write to directly: who added the bot, if the audit log may be read, or else the owner."""
        adder = await _adder(guild) or guild.owner_id
        if adder is None:
            return False
        try:
            async with translated(Asked.READ):
                channel = await self._client.create_dm(discord.Object(adder))
        except ChatError as error:
            log.info("arrival.no_direct_messages", error=type(error).__name__)
            return False
        return await self._said(channel, card)

    async def _said(self, channel: discord.abc.Messageable, card: Card) -> bool:
        view = render.view(card, mark="hello")
        try:
            async with translated(Asked.POST):
                await channel.send(
                    embed=render.embed(card), view=view or discord.utils.MISSING, allowed_mentions=render.NOBODY
                )
        except ChatError as error:
            log.info("arrival.refused", error=type(error).__name__, why=str(error))
            return False
        return True

    async def first_video(self, interaction: discord.Interaction, subject: str) -> None:
        """Make this server's first video, once, in the cheapest tier that the free credits cover."""
        offer = self._service.presence.first_video()
        is_here = interaction.guild_id is not None and subject == str(interaction.guild_id)
        if offer is None or not is_here:
            await responses.whisper(interaction, first_made())
            return
        request = VideoRequest(prompt=FIRST_PROMPT, tier=offer[0])

        async def ask(who: Asker) -> Submitted | Card:
            made = await self._conversation.request(request, replace(who, event=f"first:{subject}"))
            return first_made() if isinstance(made, Submitted) and made.root is None else made

        await self._commands.finish(interaction, ask)

    async def panel(self, interaction: discord.Interaction) -> None:
        """Show the settings that this server's admins can change."""
        if await responses.defer_privately(interaction):
            await responses.whisper(interaction, await self._service.settings(await manager(interaction)))


async def _adder(guild: discord.Guild) -> int | None:
    if not guild.me.guild_permissions.view_audit_log:
        return None
    try:
        async with translated(Asked.READ):
            async for entry in guild.audit_logs(action=discord.AuditLogAction.bot_add, limit=10):
                if entry.target is not None and entry.target.id == guild.me.id:
                    return entry.user_id
    except ChatError as error:
        log.info("arrival.no_log", error=type(error).__name__)
    return None
