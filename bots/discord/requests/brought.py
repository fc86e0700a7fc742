"""Handles people who use the app where it is not a member: their video comes as an answer to the command."""

from uuid import UUID

import discord

from bots.discord.api.places import Place
from bots.discord.inbound import responses
from bots.discord.people.callers import person
from bots.video_service import VideoService
from core.domain.requests.refusals import UnknownGeneration
from core.replies.requests.refusals import refused


class Brought:
    """The handler of one process."""

    def __init__(self, video_service: VideoService) -> None:
        self._service = video_service

    async def pressed(self, interaction: discord.Interaction, subject: str) -> None:
        """Send the messages that are due as answers to this press, which Discord accepts for another 15 minutes."""
        if not await responses.defer_privately(interaction):
            return
        try:
            generation_id = UUID(subject)
        except ValueError:
            await responses.whisper(interaction, refused(UnknownGeneration()))
            return
        place = Place(
            channel=interaction.channel_id or 0,
            upload_max=interaction.filesize_limit,
            interaction=interaction.id,
            interaction_token=interaction.token,
            token=interaction.token,
        )
        card = await self._service.results.bring_here(generation_id, place.packed(), by=person(interaction))
        await responses.whisper(interaction, card)
