"""Pictures in Discord: files that go along with a command, and the answers that come later because of them.

Fetching takes longer than the 3 s that Discord gives. So the person is told alone that we are at it, which keeps every
refusal between us; the root message comes behind that, for everybody.
"""

from functools import partial

import discord
import httpx
import structlog
from discord.http import Route

from bots.discord import render
from bots.discord.errors import translated
from bots.video_service import VideoService
from core.domain.requests.refusals import PictureNotFetched
from core.domain.requests.request import VideoRequest
from core.http.download import origin
from core.ports import ChatError
from core.replies.chat.card import Card, Text, Tone
from core.usecases.requests.pictures import Source

log = structlog.get_logger()

_AT_IT = Card(title="Your picture is here", tone=Tone.QUIET, parts=(Text("The video's thread opens below."),))


async def framed(
    interaction: discord.Interaction,
    request: VideoRequest,
    first: str | None,
    last: str | None,
    *,
    video_service: VideoService,
) -> VideoRequest | Card | None:
    """The request with the pictures at these addresses, or why not; None where Discord does not listen any more."""
    try:
        async with translated():
            await interaction.response.defer(ephemeral=True, thinking=True)
    except ChatError as error:
        log.info("answer.not_deferred", error=type(error).__name__)
        return None
    return await video_service.pictures.framed(
        request,
        first=partial(_source, first) if first is not None else None,
        last=partial(_source, last) if last is not None else None,
    )


async def _source(address: str) -> Source:
    """Where Discord keeps it, which is public. What stands in for Discord keeps it beside its API."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise PictureNotFetched from error
    return Source(url=address, allow_private=bool(url.host) and origin(url) == origin(httpx.URL(Route.BASE)))


async def answer_root(interaction: discord.Interaction, card: Card) -> int:
    """Post a root message as the answer to a command, at once or behind what the person was told; its id.

    Raises:
        ChatError
    """
    async with translated():
        if not interaction.response.is_done():
            answered = await interaction.response.send_message(embed=render.embed(card), allowed_mentions=render.NOBODY)
            return answered.message_id or (await interaction.original_response()).id
        # The first message behind a "thinking" one takes its place, and who may see that is decided (2026-11-22).
        await interaction.edit_original_response(embed=render.embed(_AT_IT), allowed_mentions=render.NOBODY)
        said = await interaction.followup.send(embed=render.embed(card), allowed_mentions=render.NOBODY, wait=True)
    try:
        async with translated():
            await interaction.delete_original_response()
    except ChatError as error:
        log.info("answer.not_deleted", error=type(error).__name__)
    return said.id


async def answer_alone(interaction: discord.Interaction, card: Card) -> None:
    """Say something to the person alone, at once or in the place of what they were told.

    Raises:
        ChatError
    """
    embed, view = render.embed(card), render.view(card, mark="")
    async with translated():
        if interaction.response.is_done():
            await interaction.edit_original_response(embed=embed, view=view, allowed_mentions=render.NOBODY)
            return
        await interaction.response.send_message(
            embed=embed, view=view or discord.utils.MISSING, ephemeral=True, allowed_mentions=render.NOBODY
        )
