"""/video: acknowledges at once, then answers the person alone, or opens a thread."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial

import discord
import structlog
from discord import app_commands

from bots.burst import Burst
from bots.conversation import Asker, Conversation
from bots.discord.api.places import Place
from bots.discord.delivery.chat import DiscordChat
from bots.discord.delivery.threads import Threads
from bots.discord.inbound import responses
from bots.discord.inbound.interaction_place import channel_of, is_private, option, place_of
from bots.discord.people.callers import DISCORD, installation_of, is_adult, person, roles_among
from bots.discord.people.permissions import missing
from bots.discord.people.rights import is_admin
from bots.discord.requests.frames import framed
from bots.discord.requests.suggestions import Suggestions, answering
from bots.discord.requests.typed_options import ASPECTS, DESCRIPTIONS, with_vendor_options
from bots.video_service import VideoService
from core.domain.chat.chat_errors import ChatError, wait_least_s
from core.domain.ids import MessageId
from core.domain.requests.command_words import CommandWord, command_in
from core.domain.requests.drafts import Draft, typed, with_pictures
from core.domain.requests.options import Option, typed_value
from core.domain.requests.pictures import PICTURE_BYTES_MAX, GivenPictures
from core.domain.requests.refusals import PictureTooLarge
from core.domain.requests.request import DURATION_MAX_S, DURATION_MIN_S, PROMPT_MAX, TAKES_MAX
from core.domain.text import clean
from core.replies.chat.brought import comes_here
from core.replies.chat.card import Card
from core.replies.generations import root as cards
from core.replies.languages.say import speaking
from core.replies.requests.elsewhere import comes_elsewhere
from core.replies.requests.refusals import refused
from core.usecases.requests.submit import Submitted

log = structlog.get_logger()

EXAMPLES = (
    "/video prompt: a red fox in the snow",
    "/video prompt: a red fox in the snow tier: pro aspect: 9:16 seconds: 8",
    "/video prompt: the fox turns its head image: fox.jpg",
)
OPENING_S = (8.0, 40.0, 40.0, 40.0)
"""Seconds until the bot renews its lease of the root message while it is still opening a thread."""

Ask = Callable[[Asker], Awaitable[Submitted | Card | None]]
"""Queues the request, or answers with a card that says why not; called after the acknowledgement."""
Handled = Callable[[discord.Interaction, str], Awaitable[bool]]
"""Handles a prompt that is a command word, such as help; False for a description."""
OpenForm = Callable[[discord.Interaction, Draft], Awaitable[None]]


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
        self._service = video_service
        self._chat = chat
        self._burst = Burst()
        self._threads = Threads(chat.thread_under)
        self._conversation = conversation
        self._handled = handled
        self._form = form

    def register(self, tree: app_commands.CommandTree) -> None:
        @tree.command(name="video", description="Make an AI video; it comes into a thread here")
        @app_commands.describe(**DESCRIPTIONS)
        @app_commands.choices(aspect=ASPECTS)
        @with_vendor_options(before="takes")
        async def video(
            interaction: discord.Interaction,
            /,
            prompt: app_commands.Range[str, 0, PROMPT_MAX] = "",
            tier: app_commands.Range[str, 0, 100] = "",
            aspect: str | None = None,
            seconds: app_commands.Range[int, DURATION_MIN_S, DURATION_MAX_S] | None = None,
            audio: bool | None = None,  # noqa: FBT001 - Discord passes options by name
            takes: app_commands.Range[int, 1, TAKES_MAX] | None = None,
            preset: app_commands.Range[str, 0, 100] = "",
            at: app_commands.Range[str, 0, 100] = "",
            image: discord.Attachment | None = None,
            last_image: discord.Attachment | None = None,
            reference1: discord.Attachment | None = None,
            reference2: discord.Attachment | None = None,
            reference3: discord.Attachment | None = None,
            reference4: discord.Attachment | None = None,
            spoiler: bool = False,  # noqa: FBT001, FBT002 - Discord passes options by name; `_typed` reads it
            gallery: bool = True,  # noqa: FBT001, FBT002 - as above
            **chosen: str | int | bool | None,
        ) -> None:
            given = {
                Option.TIER: clean(tier),
                Option.ASPECT: aspect or "",
                Option.SECONDS: typed_value(seconds),
                Option.AUDIO: typed_value(audio),
                **{Option(name): typed_value(value) for name, value in chosen.items()},
                Option.TAKES: typed_value(takes),
                Option.PRESET: clean(preset),
                Option.AT: clean(at),
            }
            await self._typed(
                interaction, clean(prompt), given, (image, last_image, reference1, reference2, reference3, reference4)
            )

        suggestions = Suggestions(self._service)
        for option_name, offer in (
            ("prompt", suggestions.earlier),
            ("tier", suggestions.tiers),
            ("preset", suggestions.presets),
        ):
            video.autocomplete(option_name)(answering(offer))

    async def _typed(
        self,
        interaction: discord.Interaction,
        prompt: str,
        given: Mapping[Option, str],
        files: tuple[discord.Attachment | None, ...],
    ) -> None:
        """Handle a typed command: a command word, an empty prompt that opens the form, or a video to make."""
        begin, end, *others = (file.url if file is not None else None for file in files)
        pictures = GivenPictures(first=begin, last=end, references=tuple(filter(None, others)))
        veiled = any(file.is_spoiler() for file in files if file is not None)

        def with_options(words: str) -> Draft:
            return replace(
                with_pictures(typed(words, given), pictures),
                is_veiled=bool(option(interaction, "spoiler")) or veiled,
                is_shown=option(interaction, "gallery") is not False,
            )

        if await self._improved(interaction, prompt, with_options):
            return
        if prompt and await self._handled(interaction, prompt):
            return
        draft = with_options(prompt)

        async def too_large(who: Asker) -> Card:
            card = refused(PictureTooLarge(bytes_max=PICTURE_BYTES_MAX))
            return await self._conversation.fixable(with_pictures(draft, GivenPictures()), card, who)

        if any(file is not None and file.size > PICTURE_BYTES_MAX for file in files):
            await self.finish(interaction, too_large)
        elif not prompt:
            await self._form(interaction, draft)
        else:
            await self.finish(interaction, partial(self._conversation.ask, draft))

    async def _improved(self, interaction: discord.Interaction, prompt: str, ask: Callable[[str], Draft]) -> bool:
        """“improve a fox”: propose an improved description, with the same options. False: it is another command."""
        command = command_in(prompt) if prompt else None
        is_wanted = command is not None and command.word is CommandWord.IMPROVE and bool(command.rest)
        if command is None or not is_wanted or self._service.prompt_help is None:
            return False
        if await responses.defer_privately(interaction):
            card = await self._conversation.improve(ask(command.rest), by=person(interaction))
            if card is not None:
                await responses.whisper(interaction, card)
        return True

    def asker(self, interaction: discord.Interaction, place: Place) -> Asker:
        """The person who asks, read from the interaction of a command, a press or a form."""
        by = person(interaction)
        return Asker(
            principal=by,
            channel=channel_of(interaction),
            place=place.packed(),
            event=str(interaction.id),
            is_admin=partial(is_admin, interaction),
            framed=partial(framed, member=by.user, team=str(interaction.guild_id), video_service=self._service),
            check=partial(self._chat.takes_posts, place) if place.token is None else None,
            locale=str(interaction.locale),
            place_locale=str(interaction.guild_locale) if interaction.guild_locale is not None else None,
            in_roles=partial(roles_among, interaction),
            place_in=lambda other: Place(channel=int(other), guild=interaction.guild_id).packed(),
            is_adult=is_adult(interaction),
            is_private=partial(is_private, interaction),
        )

    async def finish(self, interaction: discord.Interaction, ask: Ask, *, is_press: bool = False) -> None:
        """Queue the request and open its thread. Only the person sees a refusal or a question.

        Args:
            is_press: it may be the second press of a double click; the first press has begun the video.
        """
        with self._burst.command():
            await self._finish(interaction, ask, is_press=is_press)

    async def finished(self, *, within_s: float) -> None:
        """Wait until no command is under way."""
        await self._burst.finished(within_s=within_s)

    async def _finish(self, interaction: discord.Interaction, ask: Ask, *, is_press: bool) -> None:
        if (lacking := missing(interaction)) is not None:
            if await responses.defer_privately(interaction):
                card = await self._service.cannot_post(lacking, platform=DISCORD, by=installation_of(interaction))
                await responses.whisper(interaction, card)
            return
        try:
            with self._burst.acknowledging():
                place = place_of(interaction, root=await responses.defer_publicly(interaction))
        except responses.NotHeard:
            return
        async with self._burst.work():
            submitted = await ask(self.asker(interaction, place))
            if isinstance(submitted, Card):
                if await self._service.presence.is_first(DISCORD, str(interaction.id)):
                    await responses.refuse(interaction, submitted)
                else:  # this command was delivered before
                    log.info("command.told_before")
                return
            if submitted is None:
                return
            if submitted.root is None:
                # A repeated delivery, answered before, or a second press, which has its own "thinking" message.
                if is_press and place.root is not None:
                    await responses.refuse(interaction, responses.already_under_way())
                return
            if submitted.elsewhere is not None:
                await responses.refuse(interaction, comes_elsewhere(submitted.elsewhere))
                self._service.unclaimed.watch(submitted.generation_id, partial(responses.follow_up, interaction))
                await self._propose(submitted, interaction)
                await self._service.not_opened(submitted)  # a worker posts the root message in another place
                return
            message_id = await self._answer(interaction, submitted)
        await self._propose(submitted, interaction)
        if message_id is None:
            return
        self._service.unclaimed.watch(submitted.generation_id, partial(responses.follow_up, interaction))
        if place.token is not None:
            await responses.follow_up(interaction, comes_here(str(submitted.generation_id)))
        await self._open(submitted, place, message_id)

    async def _propose(self, submitted: Submitted, interaction: discord.Interaction) -> None:
        """Let the video come into the server's gallery, unless the person does not want that."""
        if submitted.request.is_shown and submitted.has_gallery:
            await self._service.show.propose(
                submitted.generation_id,
                by=person(interaction),
                is_adult=is_adult(interaction),
                is_spoiler=submitted.request.is_veiled,
            )

    async def _answer(self, interaction: discord.Interaction, submitted: Submitted) -> int | None:
        """Post the root message and return its id; None where a worker has to find another place for it."""
        with speaking(str(interaction.guild_locale or interaction.locale)):  # everybody reads it
            card = cards.root(
                submitted.request, credits_held=submitted.credits_held, asks=submitted.asks, takes=submitted.takes
            )
        try:
            return await responses.answer_root(interaction, card)
        except ChatError as error:
            log.info("root.not_posted", generation_id=str(submitted.generation_id), error=type(error).__name__)
            # An edit that Discord still makes must not come after a worker's.
            await self._service.not_opened(submitted, in_s=wait_least_s(error))
            return None

    async def _open(self, submitted: Submitted, place: Place, message_id: int) -> None:
        """Open the thread of the root message, once no root waits, and tell the worker where it is."""
        await self._burst.calm()
        opening = asyncio.create_task(self._threads.under(place, message_id, cards.title(submitted.request)))
        for pause_s in OPENING_S:
            await asyncio.wait({opening}, timeout=pause_s)
            if opening.done():
                break
            await self._service.still_opening(submitted)
        await self._service.opened(submitted, thread=await opening, message_id=MessageId(str(message_id)))
        await self._service.begin(submitted)
