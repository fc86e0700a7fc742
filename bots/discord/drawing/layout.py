"""Draws a card that has a video: the words, the video and its buttons in one frame (Components V2).

Only such cards are drawn this way; docs/decisions/0017 says why. A message of this kind stays of this kind, and has no
text outside its components, so the person to notify is mentioned in a component.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import discord

from bots.discord.drawing import render
from core.replies.chat.card import Card, Drawing, Picture, SmallPrint
from core.replies.chat.text_budget import TextBudget

TEXT_MAX = 3900
"""Characters. A message of this kind has at most 4,000 in all of its texts, and a mention needs some."""
SMALL_MAX = 800
MEDIA_MAX = 10


def layout(card: Card, *, mark: str, file: discord.File) -> discord.ui.LayoutView:
    """The card with its video, as a spoiler where the file is one.

    Args:
        mark: ends the id of every button, to tell this message from others about the same generation.
    """
    drawn = discord.ui.LayoutView(timeout=None)
    mention, _allowed = render.ping(card)
    if mention is not None:
        drawn.add_item(discord.ui.TextDisplay(mention))
    drawn.add_item(discord.ui.Container(*_inside(card, mark, file), accent_colour=render.COLOURS[card.tone]))
    return drawn


def message(card: Card, *, mark: str, file: discord.File | None) -> dict[str, Any]:
    """A new message, as discord.py takes it: a video in one frame with its words, everything else as an embed.

    A card that is drawn as words alone is plain text with its file: the fallback for what Discord refuses in a frame.
    """
    mention, allowed = render.ping(card)
    if file is not None and card.drawing is Drawing.FULL:
        return {"view": layout(card, mark=mark, file=file), "file": file, "allowed_mentions": allowed}
    drawn = {
        "content": "\n".join(filter(None, (mention, render.text(card)))),
        "embed": render.embed(card) if card.drawing is Drawing.FULL else None,
        "view": render.view(card, mark=mark),
        "file": file,
        "allowed_mentions": allowed,
    }
    return {name: value for name, value in drawn.items() if value is not None and value != ""}


def _inside(card: Card, mark: str, file: discord.File) -> Iterator[discord.ui.Item[discord.ui.LayoutView]]:
    room = TextBudget(TEXT_MAX)
    small = "\n".join(f"-# {line}" for line in _small_print(card))
    small = render.fit(small, room, most=SMALL_MAX) if small else ""
    words = "\n".join((f"### {_one_line(render.escape(card.title))}", *render.lines(card)))
    yield discord.ui.TextDisplay(render.fit(words, room, most=TEXT_MAX))
    pictures = [part for part in card.parts if isinstance(part, Picture)]
    shown = [discord.MediaGalleryItem(file), *(discord.MediaGalleryItem(each.url) for each in pictures)]
    yield discord.ui.MediaGallery(*shown[:MEDIA_MAX])
    if small:
        yield discord.ui.TextDisplay(small)
    menus = card.menus[: render.MENUS_MAX]
    buttons = [render.button(part, mark) for part in card.buttons[: render.BUTTONS_MAX - render.ROW * len(menus)]]
    for start in range(0, len(buttons), render.ROW):
        yield discord.ui.ActionRow(*buttons[start : start + render.ROW])
    for number, menu in enumerate(menus):
        yield discord.ui.ActionRow(render.menu_item(menu, number, mark))


def _small_print(card: Card) -> Iterator[str]:
    """Small print, line by line, because each line needs its own mark."""
    for part in card.parts:
        if isinstance(part, SmallPrint):
            yield from filter(None, map(str.strip, render.escape(part.text).splitlines()))


def _one_line(words: str) -> str:
    """The text on one line, because a heading ends with its line."""
    return " ".join(words.split())


def is_one(message: discord.Message) -> bool:
    """Whether a message is a frame with a video."""
    return message.flags.components_v2


def relabelled(message: discord.Message, *, custom_id: str, label: str) -> discord.ui.LayoutView:
    """The message with another label on one of its buttons.

    Its files are named as when they were posted: their addresses expire, their names do not.
    """
    drawn = discord.ui.LayoutView.from_message(message, timeout=None)
    names = {attachment.id: attachment.filename for attachment in message.attachments}
    for item in drawn.walk_children():
        if isinstance(item, discord.ui.MediaGallery):
            for each in item.items:
                if each.media.attachment_id in names:
                    each.media = discord.UnfurledMediaItem(f"attachment://{names[each.media.attachment_id]}")
        elif isinstance(item, discord.ui.Button) and item.custom_id == custom_id:
            item.label = label
    return drawn


def custom_ids(components: Sequence[discord.Component]) -> Iterator[str]:
    """The ids of all buttons and menus in a message, at every depth."""
    for component in components:
        if isinstance(component, discord.ActionRow | discord.Container):
            yield from custom_ids(component.children)
        elif (found := getattr(component, "custom_id", None)) is not None:
            yield str(found)
