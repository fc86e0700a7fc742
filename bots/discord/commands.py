"""/video: answered within Discord's 3 s, to the person alone or with a thread."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial

import discord
import structlog
from discord import app_commands

from bots.conversation import Asker, Conversation
from bots.discord.chat import DiscordChat
from bots.discord.frames import answer_alone, answer_root, framed
from bots.discord.places import Place
from bots.discord.rights import alone, is_admin
from bots.video_service import VideoService
from core.domain.chat.principal import Principal
from core.domain.drafts import Draft, typed
from core.domain.ids import ChannelId, Installation, MessageId, PlatformName, UserId
from core.domain.option_names import Option
from core.domain.requests.pictures import PICTURE_BYTES_MAX
from core.domain.requests.refusals import PictureTooLarge
from core.domain.requests.request import DURATION_MAX_S, DURATION_MIN_S, PROMPT_MAX, Aspect
from core.ports import ChatError
from core.replies.chat.card import Card, Text
from core.replies.chat.words import cut
from core.replies.forms import tier_lines
from core.replies.generations import results as cards
from core.replies.requests.refusals import refused
from core.usecases.requests.submit import Submitted

log = structlog.get_logger()

DISCORD = PlatformName("discord")
EXAMPLES = (
    "/video prompt: a red fox in the snow",
    "/video prompt: a red fox in the snow tier: pro aspect: 9:16 seconds: 8",
    "/video prompt: the fox turns its head image: fox.jpg",
)
SEED_MAX = 999_999_999

ALREADY = Card(title="It is under way already", parts=(Text("The same press counts once."),))
Handled = Callable[[discord.Interaction, str], Awaitable[bool]]
"""Does what a word of ours says, such as help; False for a description."""
OpenForm = Callable[[discord.Interaction, Draft], Awaitable[None]]

_ASPECTS = [app_commands.Choice(name=aspect.value, value=aspect.value) for aspect in Aspect]


class Commands:
    """The handlers of slash commands."""

    def __init__(
        self,
        video_service: VideoService,
        chat: DiscordChat,
        *,
        conversation: Conversation,
        handled: Handled,
        form: OpenForm,
    ) -> None:
        self._desk = video_service
        self._chat = chat
        self._conversation = conversation
        self._handled = handled
        self._form = form

    def register(self, tree: app_commands.CommandTree) -> None:
        @tree.command(name="video", description="Make an AI video; it comes into a thread here")
        @app_commands.describe(
            prompt="What the video should show; left out, a form asks",
            tier="Quality, with what 8 seconds take; left out, the best available",
            aspect="Width to height",
            seconds="How long",
            audio="With sound, where the model can",
            negative="What should not be in it",
            seed="The same number gives a similar video",
            image="A picture that the video begins with, and whose shape it takes",
            last_image="A picture that it ends with, where the model can",
        )
        @app_commands.choices(tier=self._tiers(), aspect=_ASPECTS)
        async def video(
            interaction: discord.Interaction,
            prompt: app_commands.Range[str, 0, PROMPT_MAX] = "",
            tier: str | None = None,
            aspect: str | None = None,
            seconds: app_commands.Range[int, DURATION_MIN_S, DURATION_MAX_S] | None = None,
            audio: bool | None = None,  # noqa: FBT001 - Discord passes options by name
            negative: app_commands.Range[str, 1, 500] = "",
            seed: app_commands.Range[int, 0, SEED_MAX] | None = None,
            image: discord.Attachment | None = None,
            last_image: discord.Attachment | None = None,
        ) -> None:
            given = {
                Option.TIER: tier or "",
                Option.ASPECT: aspect or "",
                Option.SECONDS: "" if seconds is None else str(seconds),
                Option.AUDIO: "" if audio is None else "on" if audio else "off",
                Option.NEGATIVE: negative,
                Option.SEED: "" if seed is None else str(seed),
            }
            await self._typed(interaction, prompt.strip(), given, (image, last_image))

    def _tiers(self) -> list[app_commands.Choice[str]]:
        """The menu of tiers, the cheapest first, as prices are when the bot starts."""
        lines = tier_lines(self._desk.drafts.prices())
        return [app_commands.Choice(name=cut(f"{line.text}. {line.blurb}", 100), value=line.tier) for line in lines]

    async def _typed(
        self,
        interaction: discord.Interaction,
        prompt: str,
        given: Mapping[Option, str],
        files: tuple[discord.Attachment | None, discord.Attachment | None],
    ) -> None:
        """What a command says: a word of ours, a form to fill in, or a video to make."""
        if prompt and await self._handled(interaction, prompt):
            return
        first, last = (file.url if file is not None else None for file in files)
        draft = replace(typed(prompt, given), first=first, last=last)
        who = self.asker(interaction)
        if any(file is not None and file.size > PICTURE_BYTES_MAX for file in files):
            card = refused(PictureTooLarge(bytes_max=PICTURE_BYTES_MAX))
            await whisper(
                interaction, await self._conversation.fixable(replace(draft, first=None, last=None), card, who)
            )
        elif not prompt:
            await self._form(interaction, draft)
        else:
            await self.finish(interaction, await self._conversation.ask(draft, who))

    def asker(self, interaction: discord.Interaction) -> Asker:
        """Who asks, by what Discord sent: a command, a press, or a form."""
        return Asker(
            principal=principal(interaction),
            channel=channel_of(interaction),
            place=_place(interaction).packed(),
            event=str(interaction.id),
            is_admin=partial(is_admin, interaction),
            framed=partial(framed, interaction, video_service=self._desk),
        )

    async def finish(self, interaction: discord.Interaction, done: Submitted | Card | None) -> None:
        """Open the thread of what was queued; a no or a question is for the person alone."""
        if isinstance(done, Card):
            await whisper(interaction, done)
        elif done is not None and done.root is not None:
            await self._open(interaction, done, _place(interaction))
        elif done is not None and not interaction.response.is_done():
            await whisper(interaction, ALREADY)

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


def principal(interaction: discord.Interaction) -> Principal:
    """Whoever typed, pressed or sent. Whether they are an admin is asked where it matters."""
    return Principal(
        platform=DISCORD,
        installation=installation_of(interaction),
        user=UserId(str(interaction.user.id)),
        is_admin=False,
    )


def installation_of(interaction: discord.Interaction) -> Installation:
    """The server; in direct messages the person is a team of their own."""
    if interaction.guild_id is not None:
        return Installation(str(interaction.guild_id))
    return alone(str(interaction.user.id))


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
