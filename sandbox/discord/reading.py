"""What a person sees of a channel: text, buttons, files and threads, in the shapes of the sandbox's API."""

import re
import time
from datetime import UTC, datetime
from typing import Any

from sandbox.discord import fixtures
from sandbox.discord.components import BUTTON, STRING_SELECT, TEXT, media_of, walk
from sandbox.discord.fixtures import ALL_CHANNEL_IDS, BOT_ID, BOT_NAME, GOODS
from sandbox.discord.model import Attachment, Channel, Message, MessageFlag, MessageKind
from sandbox.discord.store import Store

THINKING = f"{BOT_NAME} is thinking…"

_USER = re.compile(r"<@!?(\d+)>")
_CHANNEL = re.compile(r"<#(\d+)>")
_TIME = re.compile(r"<t:(-?\d+)(?::([tTdDfFR]))?>")
_LINK = re.compile(r"\[([^\[\]\n]+)\]\(<?https?://[^\s()<>]+>?\)")
_SIZE = re.compile(r"^(?:#{1,3}|-#) ", re.MULTILINE)
"""What makes a line a heading or small print; nobody sees it."""
_CHANNEL_NAMES = {channel_id: name for name, channel_id in ALL_CHANNEL_IDS.items()}
_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


def text_of(message: Message) -> str:
    """All that a person can read in a message, line by line; never button labels."""
    if message.loading:
        return THINKING
    if message.kind is MessageKind.THREAD_CREATED:
        return f"{fixtures.name_of(message.author_id)} started a thread: {message.content.text}"
    content = message.content
    parts = [content.text]
    if MessageFlag.SUPPRESS_EMBEDS not in content.flags:
        for embed in content.embeds:
            parts += _embed(embed)
    parts += [component["content"] for component in walk(content.components) if component["type"] == TEXT]
    return "\n".join(_read(part) for part in parts if part)


def fixed(message: Message, store: Store) -> dict[str, Any]:
    """A message with its thread, in the fixed shape of GET /api/messages."""
    return {
        "id": str(message.id),
        "user": fixtures.name_of(message.author_id),
        "text": text_of(message),
        "edits": message.edits,
        "actions": actions(message),
        "files": [_file(one) for one in shown_files(message)],
        "thread": [fixed(one, store) for one in _thread(message, store)],
    }


def drawn(message: Message, store: Store) -> dict[str, Any]:
    """The same for the page, with what it needs to draw the message as Discord does."""
    content, origin = message.content, message.origin
    made = fixed(message, store) | {
        "thread": [drawn(one, store) for one in _thread(message, store)],
        "at": fixtures.made_at(message.id),
        "bot": message.author_id == BOT_ID,
        "edited": message.edits > 0,
        "raw": {
            "content": content.text,
            "embeds": content.embeds,
            "components": content.components,
            "flags": int(content.flags),
        },
    }
    if origin is not None and origin.command:
        made["interaction"] = {"user": fixtures.name_of(origin.user_id), "command": origin.command}
    if (thread := store.thread_of(message)) is not None:
        made["thread_name"] = thread.name
    return made


def actions(message: Message) -> list[dict[str, str]]:
    """The buttons and the options of menus that a person can choose; links and what is greyed are none."""
    usable = [one for one in walk(message.content.components) if not one.get("disabled")]
    found = []
    for one in usable:
        if one["type"] == BUTTON and "sku_id" in one:  # of the shop, which names it
            found.append({"action": f"sku:{one['sku_id']}", "label": f"Buy {GOODS[int(one['sku_id'])]}"})
        elif one["type"] == BUTTON and "custom_id" in one:
            found.append({"action": one["custom_id"], "label": one.get("label", "")})
        elif one["type"] == STRING_SELECT:
            found += [
                {"action": f"{one['custom_id']}:{option['value']}", "label": option["label"]}
                for option in one["options"]
            ]
    return found


def sku_of(message: Message, action: str) -> int | None:
    """What the shop's button of this name sells; None for any other button."""
    is_there = any(each["action"] == action for each in actions(message))
    return int(action.removeprefix("sku:")) if is_there and action.startswith("sku:") else None


def shown_files(message: Message) -> list[Attachment]:
    """The files that a person sees: with Components V2 only those that a component shows."""
    content = message.content
    if MessageFlag.COMPONENTS_V2 not in content.flags:
        return content.attachments
    shown = media_of(content.components)
    return [one for one in content.attachments if one.url in shown]


def listed(channel: Channel) -> list[Message]:
    """A channel's messages, oldest first, without the stub that opens a thread."""
    return [one for one in channel.messages.values() if one.kind is not MessageKind.THREAD_STARTER]


def reader(message: Message) -> str:
    """The one who sees an ephemeral message."""
    return fixtures.name_of(message.origin.user_id) if message.origin else ""


def channel_name(channel: Channel) -> str:
    """What the sandbox's API calls a channel: its name, or @name for direct messages."""
    return channel.name or f"@{fixtures.name_of(channel.recipient_id or 0)}"


def _thread(message: Message, store: Store) -> list[Message]:
    thread = store.thread_of(message)
    return listed(thread) if thread is not None and not message.ephemeral else []


def _file(one: Attachment) -> dict[str, Any]:
    return {"name": one.filename, "mimetype": one.content_type, "size": one.size, "url": one.url}


def _embed(embed: dict[str, Any]) -> list[str]:
    parts = [embed.get("author", {}).get("name", ""), embed.get("title", ""), embed.get("description", "")]
    parts += [text for field in embed.get("fields", []) for text in (field["name"], field["value"])]
    return [*parts, embed.get("footer", {}).get("text", "")]


def _read(text: str) -> str:
    """Names for mentions, words for times, labels for links."""
    text = _USER.sub(lambda found: f"@{_name(int(found[1]))}", text)
    text = _CHANNEL.sub(lambda found: f"#{_CHANNEL_NAMES.get(int(found[1]), 'unknown')}", text)
    text = _TIME.sub(lambda found: _when(int(found[1]), found[2] or "f"), text)
    return _SIZE.sub("", _LINK.sub(lambda found: found[1], text))


def _name(user_id: int) -> str:
    known = user_id == BOT_ID or user_id in fixtures.PEOPLE_BY_ID
    return fixtures.name_of(user_id) if known else "unknown-user"


def _when(unix_s: int, style: str) -> str:
    if style != "R":
        return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
    away = unix_s - time.time()
    unit, size = next(((name, size) for name, size in _UNITS if abs(away) >= size), _UNITS[-1])
    count = round(abs(away) / size)
    words = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"in {words}" if away >= 0 else f"{words} ago"
