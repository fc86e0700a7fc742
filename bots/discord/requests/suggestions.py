"""The suggestions while a person types a command: tiers with their prices, presets, and earlier videos.

Discord asks after every letter, so the workspace's values are kept for a moment. While the database is away, there are
no suggestions.
"""

import time
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

import discord
import structlog
from discord import app_commands

from bots.discord.api.errors import Asked, translated
from bots.discord.people.callers import person, roles_among
from bots.video_service import VideoService
from core.domain.chat.chat_errors import ChatError
from core.domain.chat.principal import Principal
from core.domain.requests.command_words import CommandWord, command_in
from core.domain.rules.decision import Who
from core.replies.chat.words import cut
from core.replies.requests.forms import tier_lines
from core.usecases.people.rules import Offered

log = structlog.get_logger()

Choices = list[app_commands.Choice[str]]

CHOICES_MAX = 25
TEXT_MAX = 100
"""Characters of a choice's name, and of its value."""
REMEMBERED_S = 3.0


Offer = Callable[[discord.Interaction, str], Coroutine[Any, Any, Choices]]


def answering(offer: Offer) -> Offer:
    """The same, with the answer sent here: discord.py logs a traceback for each one that comes too late."""

    async def answered(interaction: discord.Interaction, typed: str) -> Choices:
        found = await offer(interaction, typed)
        try:
            async with translated(Asked.READ):
                await interaction.response.autocomplete(found)
        except ChatError as error:
            log.info("suggestions.not_shown", why=f"{type(error).__name__} {error}".strip())
            done = discord.InteractionResponseType.autocomplete_result
            interaction.response._response_type = done  # noqa: SLF001 - else discord.py sends it again
        return found

    return answered


class Suggestions:
    """The suggestions of one process."""

    def __init__(self, video_service: VideoService, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._service = video_service
        self._clock = clock
        self._known: dict[str, tuple[float, Offered]] = {}

    async def earlier(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Earlier videos of the team, while somebody types “show …”; nothing else is suggested."""
        command = command_in(typed)
        if command is None or command.word is not CommandWord.SHOW:
            return []
        found = await self._service.results.suggestions(command.rest, by=person(interaction))
        return _choices((f"show: {video.prompt}", f"show {video.id.hex}") for video in found)

    async def tiers(self, interaction: discord.Interaction, typed: str) -> Choices:
        """The tiers that this person may choose now, with the price of 8 s, the cheapest first."""
        by = person(interaction)
        offered = await self._offered(by)
        if offered is None:
            return []
        who = Who(user=by.user, roles=await roles_among(interaction, offered.rules.roles))
        lines = tier_lines(offered.prices_for(who))
        rows = ((f"{line.text}. {line.blurb}", line.tier) for line in lines)
        return _choices(row for row in rows if _fits(typed, *row))

    async def presets(self, interaction: discord.Interaction, typed: str) -> Choices:
        """The presets of the workspace by name."""
        offered = await self._offered(person(interaction))
        names = () if offered is None else offered.presets
        return _choices((name, name) for name in names if _fits(typed, name))

    async def _offered(self, by: Principal) -> Offered | None:
        now = self._clock()
        until, known = self._known.get(by.installation, (now, None))
        if known is not None and now < until:
            return known
        found = await self._service.rules.offered(by)
        self._known = {name: row for name, row in self._known.items() if now < row[0]}
        if found is not None:
            self._known[by.installation] = (now + REMEMBERED_S, found)
        return found


def _fits(typed: str, *texts: str) -> bool:
    return any(typed.strip().casefold() in text.casefold() for text in texts)


def _choices(rows: Iterable[tuple[str, str]]) -> Choices:
    fitting = [(name, value) for name, value in rows if len(value) <= TEXT_MAX]
    return [app_commands.Choice(name=cut(name, TEXT_MAX), value=value) for name, value in fitting[:CHOICES_MAX]]
