"""/video: acknowledged at once, answered to the person alone or with a thread."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import discord
import structlog
from discord import app_commands

from bots.burst import Burst
from bots.discord import first
from bots.discord.callers import DISCORD, installation_of
from bots.discord.chat import DiscordChat
from bots.discord.frames import framed
from bots.discord.permissions import missing
from bots.discord.places import Place
from bots.discord.rights import is_admin
from bots.discord.threads import Threads
from bots.video_service import VideoService
from core.domain.chat_errors import ChatError
from core.domain.ids import ChannelId, MessageId, UserId
from core.domain.requests.request import DURATION_MAX_S, DURATION_MIN_S, Aspect, VideoRequest
from core.domain.requests.tiers import TIERS, TierName
from core.replies.chat.card import Card
from core.replies.generations import results as cards
from core.usecases.requests.submit import Submitted, VideoCommand

log = structlog.get_logger()

EXAMPLES = (
    "/video prompt: a red fox in the snow",
    "/video prompt: a red fox in the snow tier: pro aspect: 9:16 seconds: 8",
    "/video prompt: the fox turns its head image: fox.jpg",
)
SEED_MAX = 999_999_999
OPENING_S = (8.0, 40.0, 40.0, 40.0)
"""Until the bot says that it is still opening a thread: within its lease of the root message."""

Ask = Callable[[], Awaitable[VideoRequest | Card]]
"""What is asked for, or why not; found out after the first word."""

_TIERS = [
    app_commands.Choice(name=f"{tier.name.value}: {tier.blurb}"[:100], value=tier.name.value) for tier in TIERS.values()
]
_ASPECTS = [app_commands.Choice(name=aspect.value, value=aspect.value) for aspect in Aspect]


class Commands:
    """The handlers of slash commands."""

    def __init__(self, video_service: VideoService, chat: DiscordChat) -> None:
        self._desk = video_service
        self._chat = chat
        self._burst = Burst()
        self._threads = Threads(chat.thread_under)

    def register(self, tree: app_commands.CommandTree) -> None:
        @tree.command(name="video", description="Make an AI video; it comes into a thread here")
        @app_commands.describe(
            prompt="What the video should show",
            tier="Quality; left out, the best provider that is up",
            aspect="Width to height",
            seconds="How long",
            audio="With sound, where the model can",
            negative="What should not be in it",
            seed="The same number gives a similar video",
            image="A picture that the video begins with, and whose shape it takes",
            last_image="A picture that it ends with, where the model can",
        )
        @app_commands.choices(tier=_TIERS, aspect=_ASPECTS)
        async def video(
            interaction: discord.Interaction,
            prompt: app_commands.Range[str, 1, 2000],
            tier: str = TierName.DEFAULT.value,
            aspect: str = Aspect.WIDE.value,
            seconds: app_commands.Range[int, DURATION_MIN_S, DURATION_MAX_S] | None = None,
            audio: bool | None = None,  # noqa: FBT001 - Discord passes options by name
            negative: app_commands.Range[str, 1, 500] = "",
            seed: app_commands.Range[int, 0, SEED_MAX] | None = None,
            image: discord.Attachment | None = None,
            last_image: discord.Attachment | None = None,
        ) -> None:
            if prompt.strip().lower() in {"help", "?"}:
                await first.whisper(interaction, self._desk.help(examples=EXAMPLES))
                return
            request = VideoRequest(
                prompt=prompt,
                tier=TierName(tier),
                aspect=Aspect(aspect),
                duration_s=seconds,
                audio=audio,
                negative=negative,
                seed=seed,
            )
            whose = {"member": str(interaction.user.id), "team": str(interaction.guild_id)}
            await self.start(
                interaction, partial(framed, request, first=image, last=last_image, **whose, video_service=self._desk)
            )

    async def start(self, interaction: discord.Interaction, ask: Ask) -> None:
        """Queue what is asked for and open its thread; a no is for the person alone."""
        with self._burst.command():
            await self._start(interaction, ask)

    async def finished(self, *, within_s: float) -> None:
        """Wait until no command is under way."""
        await self._burst.finished(within_s=within_s)

    async def _start(self, interaction: discord.Interaction, ask: Ask) -> None:
        if (lacking := missing(interaction)) is not None:
            if await first.private(interaction):
                card = await self._desk.cannot_post(lacking, platform=DISCORD, by=installation_of(interaction))
                await first.whisper(interaction, card)
            return
        try:
            with self._burst.first_word():
                place = _place(interaction, root=await first.public(interaction))
        except first.NotHeard:
            return
        async with self._burst.work():
            submitted = await self._submitted(interaction, ask, place)
            if isinstance(submitted, Card):
                await first.refuse(interaction, submitted)
                return
            if submitted.root is None:
                return  # this interaction was delivered before, and is answered already
            message_id = await self._answer(interaction, submitted)
        if message_id is None:
            await self._desk.not_opened(submitted)
        else:
            await self._open(submitted, place, message_id)

    async def _submitted(self, interaction: discord.Interaction, ask: Ask, place: Place) -> Submitted | Card:
        request = await ask()
        if isinstance(request, Card):
            return request
        asked = VideoCommand(
            platform=DISCORD,
            installation=installation_of(interaction),
            channel=channel_of(interaction),
            user=UserId(str(interaction.user.id)),
            event=str(interaction.id),
            place=place.packed(),
            request=request,
        )
        return await self._desk.video(
            asked, is_admin=partial(is_admin, interaction), check=partial(self._chat.takes_posts, place)
        )

    async def _answer(self, interaction: discord.Interaction, submitted: Submitted) -> int | None:
        """Post the root message; its id, or None where a worker has to find a place for it."""
        try:
            return await first.answer_root(
                interaction, cards.root(submitted.request, credits_held=submitted.credits_held)
            )
        except ChatError as error:
            log.info("root.not_posted", generation_id=str(submitted.generation_id), error=type(error).__name__)
            return None

    async def _open(self, submitted: Submitted, place: Place, message_id: int) -> None:
        """Find the root message's thread a place, and let the worker know."""
        opening = asyncio.create_task(self._threads.under(place, message_id, cards.title(submitted.request)))
        for pause_s in OPENING_S:
            await asyncio.wait({opening}, timeout=pause_s)
            if opening.done():
                break
            await self._desk.still_opening(submitted)
        await self._desk.opened(submitted, thread=await opening, message_id=MessageId(str(message_id)))


def channel_of(interaction: discord.Interaction) -> ChannelId:
    """The channel whose budgets count; a thread counts as the channel that it is in."""
    where = interaction.channel
    return ChannelId(str(where.parent_id if isinstance(where, discord.Thread) else interaction.channel_id))


def _place(interaction: discord.Interaction, *, root: int | None) -> Place:
    is_thread = isinstance(interaction.channel, discord.Thread)
    return Place(
        channel=interaction.channel_id or 0,
        guild=interaction.guild_id,
        is_thread=is_thread,
        upload_max=interaction.filesize_limit,
        interaction=interaction.id,
        root=root,
        interaction_token=interaction.token,
    )
