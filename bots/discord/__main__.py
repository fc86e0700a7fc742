"""The Discord bot's process: takes events from the gateway, runs use cases, and answers with cards."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from itertools import chain, repeat
from uuid import uuid4

import discord
import structlog
import uvloop

from bots.command_log import note_command
from bots.conversation import Conversation
from bots.discord.api.interactions import begin
from bots.discord.api.wire import prepare
from bots.discord.community.arrival import Arrival
from bots.discord.community.community import Community
from bots.discord.community.show import Show
from bots.discord.credits.credits import Credits
from bots.discord.credits.shop import Shop, goods_of
from bots.discord.delivery.chat import DiscordChat
from bots.discord.gateway.closes import reason
from bots.discord.gateway.registration import Registration
from bots.discord.gateway.shards import IDENTIFY_EVERY_S, ShardedClient, shards_of
from bots.discord.generations.actions import button
from bots.discord.inbound.crashes import crashed, crashes_told
from bots.discord.requests import message_menus
from bots.discord.requests.brought import Brought
from bots.discord.requests.commands import Commands
from bots.discord.requests.forms import Forms
from bots.discord.requests.replies import Replies
from bots.discord.requests.words import Words
from bots.discord.rules import admin, panels
from bots.discord.settings import DiscordSettings
from bots.discord.settings import settings as discord_settings
from bots.video_service import AdminCheck, VideoService
from core import log as logs
from core import probes
from core.db.pool import Pool
from core.domain.chat.chat_errors import ChatError, wait_least_s
from core.domain.ids import PlatformName
from core.domain.requests.drafts import Draft
from core.life import closed, ready_for_bursts, run, schema_checked, schema_known, told_to_stop
from core.runtime import open_runtime
from core.settings import Settings, SettingsError, settings

log = structlog.get_logger()

CONNECTIONS = 8
STOP_S = 3.0
"""Seconds that commands under way have to end when the process stops."""
CONNECT_TRIES_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


class Bot(ShardedClient):
    """discord.py's client with our commands. It logs when it is ready."""

    commands: Commands | None = None
    community: Community | None = None
    registration: Registration | None = None
    replies: Replies | None = None
    on_form: Callable[[discord.Interaction], Awaitable[None]] | None = None
    probe: probes.Probe | None = None

    async def setup_hook(self) -> None:
        if self.registration is not None:
            self.registration.begin()
        if self.community is not None:
            self.community.begin()

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Handle forms: discord.py knows only those that this process opened, and a person may send an older one."""
        if interaction.type is discord.InteractionType.modal_submit and self.on_form is not None:
            begin(interaction)
            async with crashes_told(interaction):
                await self.on_form(interaction)

    async def on_message(self, message: discord.Message) -> None:
        if self.replies is not None and self.user is not None:
            note_command(str(message.id))
            await self.replies.heard(message, me=self.user.id)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        if self.community is not None:
            await self.community.arrival.came(guild)

    async def on_guild_available(self, guild: discord.Guild) -> None:
        if self.community is not None:
            await self.community.arrival.came(guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        if self.community is not None:
            await self.community.arrival.left(guild)

    async def on_entitlement_create(self, entitlement: discord.Entitlement) -> None:
        if self.community is not None:
            await self.community.shop.heard(entitlement)

    async def on_entitlement_update(self, entitlement: discord.Entitlement) -> None:
        if self.community is not None:
            await self.community.shop.heard(entitlement)

    async def on_entitlement_delete(self, entitlement: discord.Entitlement) -> None:
        if self.community is not None:
            await self.community.shop.ended(entitlement)

    async def on_subscription_create(self, subscription: discord.Subscription) -> None:
        if self.community is not None:
            await self.community.shop.paid(subscription)

    async def on_subscription_update(self, subscription: discord.Subscription) -> None:
        if self.community is not None:
            await self.community.shop.paid(subscription)

    async def on_ready(self) -> None:
        if self.probe is not None:
            self.probe.ready = True
        log.info("discord.ready", servers=len(self.guilds), shards=len(self.connected))

    async def close(self) -> None:
        if self.registration is not None:
            self.registration.end()
        if self.community is not None:
            self.community.end()
        await super().close()


def main(admins: Mapping[PlatformName, AdminCheck] | None = None) -> None:
    """Run the bot until SIGTERM or SIGINT.

    Args:
        admins: by platform, the check whether a person is an admin there; see `VideoService`.
    """
    read = settings()
    logs.configure(read, process="discord")
    uvloop.run(_main(read, discord_settings(), admins or {}))


async def _main(read: Settings, known: DiscordSettings, admins: Mapping[PlatformName, AdminCheck]) -> None:
    if known.discord_token is None:
        raise SettingsError("DISCORD_TOKEN is not set; the Discord bot needs it.")
    prepare(known)
    stopping = told_to_stop()
    log.info("discord.connecting")
    async with open_runtime(read, process="discord", connections=CONNECTIONS) as runtime:
        video_service = VideoService(runtime, owner=f"discord:{uuid4().hex[:8]}", admins=admins)
        bot = build(video_service, known)
        ready_for_bursts()
        try:
            async with probes.serving("discord", runtime) as probe:
                bot.probe = probe
                await run(
                    stopping,
                    schema_checked(runtime.pool),
                    _serve(bot, known.discord_token.get_secret_value(), runtime.pool),
                )
        finally:
            if bot.commands is not None:
                await bot.commands.finished(within_s=STOP_S)
            await closed("gateway", bot.close)
    log.info("discord.stopped")


def build(video_service: VideoService, known: DiscordSettings) -> Bot:
    """The client with its commands and buttons.

    Raises:
        SettingsError: the setting of the shards is wrong.
    """
    count, ids = shards_of(known)

    async def turn(bucket: str) -> None:
        await video_service.presence.turn(f"discord:identify:{bucket}", every_s=IDENTIFY_EVERY_S)

    bot = Bot(turn=turn, count=count, ids=ids, gateway=known.discord_gateway_url)
    conversation = Conversation(video_service)

    async def open_form(interaction: discord.Interaction, draft: Draft) -> None:
        await forms.open(interaction, draft)

    credit_commands = Credits(video_service)
    chat = DiscordChat(bot, token=None, upload_max=known.discord_upload_max)
    commands = Commands(
        video_service,
        chat,
        conversation=conversation,
        handled=Words(video_service, conversation, credit_commands).handled,
        form=open_form,
    )
    forms = Forms(video_service, commands, conversation)

    async def form_sent(interaction: discord.Interaction) -> None:
        if not await panels.sent(interaction, video_service=video_service) and not await community.sent(interaction):
            await forms.sent(interaction)

    community = bot.community = Community(
        arrival=Arrival(bot, video_service, commands, conversation),
        shop=Shop(bot, video_service, goods_of(known)),
        show=Show(video_service),
        brought=Brought(video_service),
        credits=credit_commands,
    )
    bot.commands, bot.on_form = commands, form_sent
    bot.registration = Registration(bot, video_service.presence)
    bot.replies = Replies(video_service, conversation)
    bot.tree.error(crashed)
    commands.register(bot.tree)
    message_menus.register(bot.tree, forms)
    admin.register(bot.tree, video_service)
    community.register(bot.tree)
    bot.add_dynamic_items(button(video_service, commands, forms, conversation, community))
    return bot


async def _serve(bot: Bot, token: str, pool: Pool) -> None:
    await schema_known(pool)  # with a wrong schema the bot could do nothing
    await _run(bot, token)


async def _run(bot: Bot, token: str) -> None:
    """Log in, however long Discord is away, and stay connected; the client connects again by itself."""
    for pause_s in chain(CONNECT_TRIES_S, repeat(CONNECT_TRIES_S[-1])):
        try:
            await bot.start(token)
        except (discord.ClientException, ChatError) as error:
            if (final := reason(error)) is not None:
                raise final from error
            if not isinstance(error, ChatError):
                raise
            wait_s = max(pause_s, wait_least_s(error))
            log.warning(
                "discord.unreachable",
                error=type(error.__cause__ or error).__name__,
                why=str(error),
                again_in_s=wait_s,
            )
            await asyncio.sleep(wait_s)
        else:
            return


if __name__ == "__main__":
    main()
