"""Tells one person something by one way after another until Discord takes it: drawn in full, then as plain words."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import discord
import structlog

from bots.acknowledgement import is_acknowledged
from bots.discord.api.errors import Asked, translated
from bots.discord.drawing import render
from core.domain.chat.chat_errors import CardRefused, ChatError, ChatUnclear
from core.replies.chat.card import Card, Drawing

log = structlog.get_logger()

ALREADY_ANSWERED = 40060
"""The callback has arrived before: its answer was lost, or Discord delivered the interaction twice."""
_OVER = frozenset({"10062", str(ALREADY_ANSWERED)})
"""Codes of an interaction that is over: Discord has told the person that it failed, or it was answered before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A card as discord.py takes it; where the card was refused, its words alone."""

    content: str | None = None
    embeds: tuple[discord.Embed, ...] = ()
    view: discord.ui.View | None = None

    def sent(self) -> dict[str, Any]:
        """The arguments of a new message."""
        sent = {"content": self.content, "embeds": list(self.embeds), "view": self.view}
        return {name: value for name, value in sent.items() if value} | {"allowed_mentions": render.NOBODY}

    def edited(self) -> dict[str, Any]:
        """The arguments of an edit, which takes away what the message had before."""
        shown = {"content": self.content, "embeds": list(self.embeds), "view": self.view}
        return shown | {"allowed_mentions": render.NOBODY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way to tell somebody something.

    Args:
        name: for the log.
        is_there: looks whether it has got through although Discord's answer was lost; None where nothing tells.
    """

    name: str
    say: Callable[[Drawn], Awaitable[object]]
    is_there: Callable[[], Awaitable[bool]] | None = None


def answered(interaction: discord.Interaction, *, file: discord.File | None = None) -> Way:
    """The first answer, or an edit of it: of "thinking", or of the message whose button was pressed."""

    async def say(drawn: Drawn) -> None:
        files = [file] if file is not None and drawn.embeds else []  # a file can be sent once
        shown = _pictured(drawn, file)
        if not interaction.response.is_done():
            try:
                await interaction.response.send_message(**shown.sent(), files=files, ephemeral=True)
            except discord.HTTPException as error:
                if not (error.code == ALREADY_ANSWERED and is_acknowledged()):
                    raise  # else the acknowledgement has arrived, and the word for it was lost
            else:
                return
        await interaction.edit_original_response(**shown.edited(), attachments=files)

    async def is_there() -> bool:
        try:
            async with translated(Asked.READ):
                await interaction.original_response()
        except ChatError:
            return False
        return True

    return Way(name="answer", say=say, is_there=None if interaction.response.is_done() else is_there)


def beside(interaction: discord.Interaction) -> Way:
    """A follow-up that only this person sees."""
    return Way(name="follow-up", say=lambda drawn: interaction.followup.send(**drawn.sent(), ephemeral=True))


def directly(person: discord.abc.Messageable) -> Way:
    """A direct message."""
    return Way(name="direct", say=lambda drawn: person.send(**drawn.sent()))


async def told(card: Card, ways: Sequence[Way], *, mark: str = "", sells: Sequence[int] = ()) -> bool:
    """Say it by the first way that takes it. False: none does, which is logged.

    Args:
        mark: ends the id of every button.
        sells: the goods in Discord's shop, one button each.
    """
    drawn = Drawn(embeds=tuple(render.embeds(card)), view=render.view(card, mark=mark, sells=sells))
    words = Drawn(content=render.text(replace(card, drawing=Drawing.TEXT)))
    for way in ways:
        for form in (drawn, words):
            try:
                async with translated():
                    await way.say(form)
            except ChatError as error:
                log.warning("answer.not_taken", way=way.name, why=f"{type(error).__name__} {error}".strip())
                if isinstance(error, ChatUnclear) and way.is_there is not None and await way.is_there():
                    return True
                if str(error) in _OVER:
                    return False
                if not isinstance(error, CardRefused):
                    break
            else:
                return True
    log.error("answer.lost", ways=[way.name for way in ways])
    return False


def _pictured(drawn: Drawn, file: discord.File | None) -> Drawn:
    """The same with the attached picture in its first embed."""
    if file is None or not file.filename.endswith(".png") or not drawn.embeds:
        return drawn
    first, *others = drawn.embeds
    return replace(drawn, embeds=(first.copy().set_image(url=f"attachment://{file.filename}"), *others))
