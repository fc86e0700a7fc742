"""The context menu of a message: make a video of its text, or of its pictures."""

import re
from collections.abc import Iterator

import discord
from discord import app_commands

from bots.discord.inbound import responses
from bots.discord.requests.forms import Forms
from core.domain.requests.changes import of_message
from core.domain.requests.refusals import NoPictureThere
from core.domain.text import clean
from core.replies.requests.refusals import refused

OF_THIS = "Make a video of this"
ANIMATE = "Animate this picture"
_VEILED_LINK = re.compile(r"\|\|(?:(?!\|\|).)*https?://(?:(?!\|\|).)*\|\|", re.DOTALL)


def register(tree: app_commands.CommandTree, forms: Forms) -> None:
    """Add the menu's entries. Each opens the form, filled in; a form must be the first answer."""

    @tree.context_menu(name=OF_THIS)
    async def video_of_this(interaction: discord.Interaction, message: discord.Message) -> None:
        shown = tuple(pictures(message))
        await forms.open(interaction, of_message(_said(message), shown, is_veiled=is_veiled(message)))

    @tree.context_menu(name=ANIMATE)
    async def animate(interaction: discord.Interaction, message: discord.Message) -> None:
        shown = tuple(pictures(message))
        if not shown:
            await responses.whisper(interaction, refused(NoPictureThere()))
            return
        await forms.open(interaction, of_message("", shown, is_veiled=is_veiled(message)))


def _said(message: discord.Message) -> str:
    """The message's text; where it has none, the text of its embeds."""
    shown = next((embed.title or embed.description or "" for embed in message.embeds), "")
    return clean(message.content) or clean(shown)


def is_veiled(message: discord.Message) -> bool:
    """Whether one of its pictures or links is a spoiler."""
    return any(file.is_spoiler() for file in message.attachments) or _VEILED_LINK.search(message.content) is not None


def pictures(message: discord.Message) -> Iterator[str]:
    """The addresses of its pictures, in order: attached files, then previews of links."""
    for file in message.attachments:
        if (file.content_type or "").startswith("image/"):
            yield file.url
    for embed in message.embeds:
        if embed.image.url:
            yield embed.image.url
