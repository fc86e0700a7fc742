"""/video: answered within Discord's 3 s, to the person alone or with a thread."""

from functools import partial

import discord
import structlog
from discord import app_commands

from bots.discord.callers import DISCORD, installation_of
from bots.discord.chat import DiscordChat
from bots.discord.frames import answer_alone, answer_root, framed
from bots.discord.places import Place
from bots.discord.rights import is_admin
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

_TIERS = [
    app_commands.Choice(name=f"{tier.name.value}: {tier.blurb}"[:100], value=tier.name.value) for tier in TIERS.values()
]
_ASPECTS = [app_commands.Choice(name=aspect.value, value=aspect.value) for aspect in Aspect]


class Commands:
    """The handlers of slash commands."""

    def __init__(self, video_service: VideoService, chat: DiscordChat) -> None:
        self._desk = video_service
        self._chat = chat

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
                await whisper(interaction, self._desk.help(examples=EXAMPLES))
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
            if image is None and last_image is None:
                await self.start(interaction, request)
                return
            with_them = await framed(interaction, request, first=image, last=last_image, video_service=self._desk)
            if isinstance(with_them, Card):
                await whisper(interaction, with_them)
            elif with_them is not None:
                await self.start(interaction, with_them)

    async def start(self, interaction: discord.Interaction, request: VideoRequest) -> None:
        """Queue it and open its thread; a no is for the person alone."""
        place = _place(interaction)
        asked = VideoCommand(
            platform=DISCORD,
            installation=installation_of(interaction),
            channel=channel_of(interaction),
            user=UserId(str(interaction.user.id)),
            event=str(interaction.id),
            place=place.packed(),
            request=request,
        )
        submitted = await self._desk.video(asked, is_admin=partial(is_admin, interaction))
        if isinstance(submitted, Card):
            await whisper(interaction, submitted)
        elif submitted.root is not None:
            await self._open(interaction, submitted, place)

    async def _open(self, interaction: discord.Interaction, submitted: Submitted, place: Place) -> None:
        card = cards.root(submitted.request, credits_held=submitted.credits_held)
        try:
            message_id = await answer_root(interaction, card)
            thread = await self._chat.thread_under(place, message_id, cards.title(submitted.request))
        except ChatError as error:
            log.info("root.not_posted", generation_id=str(submitted.generation_id), error=type(error).__name__)
            await self._desk.not_opened(submitted)
            return
        await self._desk.opened(submitted, thread=thread, message_id=MessageId(str(message_id)))


def channel_of(interaction: discord.Interaction) -> ChannelId:
    """The channel whose budgets count; a thread counts as the channel that it is in."""
    where = interaction.channel
    return ChannelId(str(where.parent_id if isinstance(where, discord.Thread) else interaction.channel_id))


def _place(interaction: discord.Interaction) -> Place:
    is_thread = isinstance(interaction.channel, discord.Thread)
    return Place(
        channel=interaction.channel_id or 0,
        guild=interaction.guild_id,
        is_thread=is_thread,
        upload_max=interaction.filesize_limit,
        interaction=interaction.id,
    )


async def whisper(interaction: discord.Interaction, card: Card) -> None:
    """Say something to the person alone, as well as we can: nothing depends on it."""
    try:
        await answer_alone(interaction, card)
    except ChatError as error:
        log.info("answer.not_said", error=type(error).__name__)
