"""Tells the person where one of our handlers fails, of a command, a press or a form: discord.py only logs it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import discord
import structlog
from discord import app_commands

from bots.discord.inbound import responses
from core.replies.requests.refusals import broken

log = structlog.get_logger()


@asynccontextmanager
async def crashes_told(interaction: discord.Interaction) -> AsyncIterator[None]:
    """A context whose errors are bugs: they are logged, and the person is told."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - it is logged by `crashed`
        await crashed(interaction, error)


async def crashed(interaction: discord.Interaction, error: Exception) -> None:
    """Tell the person. A command that this process does not know belongs to another release, and is no bug."""
    if isinstance(error, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch):
        log.warning("command.unknown", platform="discord", error=type(error).__name__)
    else:
        log.error("discord.handler_crashed", exc_info=getattr(error, "original", error))
    if interaction.type is discord.InteractionType.autocomplete:
        return
    if not interaction.response.is_done():
        await responses.whisper(interaction, broken())
    elif await responses.is_thinking(interaction):
        await responses.refuse(interaction, broken())
    else:
        await responses.follow_up(interaction, broken())
