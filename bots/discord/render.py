"""Draws cards as embeds and buttons. Escaping, length limits and mentions are decided here."""

import re
from typing import Any, assert_never

import discord

from core.replies.card import Action, Button, Card, Fact, Link, Note, Progress, Quote, Text, Tone, bar

TITLE_MAX, DESCRIPTION_MAX, FIELD_NAME_MAX, FIELD_MAX, FOOTER_MAX = 256, 4000, 256, 1024, 2000
LABEL_MAX = 80
BUTTONS_MAX = 5

_COLOURS = {
    Tone.QUIET: 0x6B7280,
    Tone.WORKING: 0x5865F2,
    Tone.GOOD: 0x2E9E6B,
    Tone.WARNING: 0xD9A514,
    Tone.BAD: 0xD4483B,
}
_MARKDOWN = re.compile(r"([\\*_~`|>#\[\]()<:\-])")

NOBODY = discord.AllowedMentions.none()


def escape(text: str) -> str:
    """A person's text as Discord shows it to the letter: no formatting, links or mentions."""
    escaped = _MARKDOWN.sub(r"\\\1", text)
    return escaped.replace("@", "@\u200b")


def cut(text: str, length: int) -> str:
    """At most `length` characters, never ending inside an escape."""
    if len(text) <= length:
        return text
    return text[: length - 1].rstrip("\\") + "…"


def embed(card: Card) -> discord.Embed:
    """Everything but the buttons."""
    lines: list[str] = []
    footer: list[str] = []
    drawn = discord.Embed(title=cut(escape(card.title), TITLE_MAX), colour=_COLOURS[card.tone])
    for part in card.parts:
        match part:
            case Text(words):
                lines.append(escape(words))
            case Quote(words):
                lines.append("\n".join(f"> {escape(line)}" for line in words.splitlines()))
            case Progress(share, note):
                percent = "" if share is None else f" {round(share * 100)} %"
                lines.append(f"`{bar(share)}`{percent} {escape(note)}".rstrip())
            case Note(words):
                footer.append(words)
            case Fact(label, value):
                drawn.add_field(
                    name=cut(escape(label), FIELD_NAME_MAX),
                    value=cut(escape(value), FIELD_MAX) or "\u200b",
                    inline=True,
                )
            case Button() | Link():
                pass
            case _:
                assert_never(part)
    if lines:
        drawn.description = cut("\n".join(lines), DESCRIPTION_MAX)
    if footer:
        drawn.set_footer(text=cut("\n".join(footer), FOOTER_MAX))
    return drawn


def view(card: Card, *, mark: str) -> discord.ui.View | None:
    """The buttons, which work for ever: what they do is in their ids.

    Args:
        mark: ends every id, so that a message can be told from others about the same generation.
    """
    if not card.buttons:
        return None
    drawn = discord.ui.View(timeout=None)
    for part in card.buttons[:BUTTONS_MAX]:
        drawn.add_item(_button(part, mark))
    return drawn


def _button(part: Button | Link, mark: str) -> discord.ui.Button[Any]:
    label = cut(part.label, LABEL_MAX)
    match part:
        case Link(url=url):
            return discord.ui.Button(label=label, url=url)
        case Button(action=action, subject=subject):
            style = discord.ButtonStyle.primary if part.primary else discord.ButtonStyle.secondary
            if part.danger:
                style = discord.ButtonStyle.danger
            return discord.ui.Button(label=label, style=style, custom_id=custom_id(action, subject, mark))
        case _:
            assert_never(part)


CUSTOM_ID = r"nd:(?P<action>[a-z_]+):(?P<subject>[0-9a-f-]{36}):(?P<mark>[0-9a-z]*)"


def custom_id(action: Action, subject: str, mark: str) -> str:
    return f"nd:{action.value}:{subject}:{mark}"


def ping(card: Card) -> tuple[str | None, discord.AllowedMentions]:
    """The message's text and whom it may notify: the person who asked, and nobody else."""
    if card.ping is None or not card.ping.isdigit():
        return None, NOBODY
    allowed = discord.AllowedMentions(
        everyone=False, roles=False, replied_user=False, users=[discord.Object(int(card.ping))]
    )
    return f"<@{card.ping}>", allowed
