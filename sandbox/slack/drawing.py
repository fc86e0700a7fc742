"""A message in its three shapes: Slack's JSON for the bot, the fixed shape of the sandbox's API, and the page's."""

from collections.abc import Callable
from typing import Any

from sandbox.slack.buttons import labels
from sandbox.slack.fixtures import APP_ID, BOT_ID, BOT_NAME, BOT_USER_ID, NAMES, TEAM_ID, Json
from sandbox.slack.reading import attached, plain, readable
from sandbox.slack.store import Message

FileJson = Callable[[str], Json | None]


def payload(message: Message, *, with_metadata: bool, file: FileJson) -> Json:
    """The message as the Web API and the events show it to an app."""
    body: Json = {"type": "message", "ts": message.ts, "user": message.user, "text": message.text, "team": TEAM_ID}
    if message.by_bot:
        body |= {"bot_id": BOT_ID, "app_id": APP_ID, "bot_profile": bot_profile()}
    for name in ("subtype", "blocks", "attachments"):
        if value := getattr(message, name):
            body[name] = value
    if message.files:
        body["files"] = [shown for name in message.files if (shown := file(name))]
    if message.metadata:
        body["metadata"] = message.metadata if with_metadata else {"event_type": message.metadata.get("event_type")}
    if message.edited_ts:
        body["edited"] = {"user": message.user, "ts": message.edited_ts}
    if message.thread_ts is not None:
        body |= {"thread_ts": message.thread_ts, "parent_user_id": message.user}
    elif message.replies:
        users = list(dict.fromkeys(reply.user for reply in message.replies))
        body |= {
            "thread_ts": message.ts,
            "reply_count": len(message.replies),
            "reply_users": users,
            "reply_users_count": len(users),
            "latest_reply": message.replies[-1].ts,
        }
    return body


def bot_profile() -> Json:
    """The bot, as messages carry it."""
    return {
        "id": BOT_ID,
        "deleted": False,
        "name": BOT_NAME,
        "updated": 1700000000,
        "app_id": APP_ID,
        "user_id": BOT_USER_ID,
        "team_id": TEAM_ID,
    }


def words(message: Message) -> str:
    """All that a person can read in the message."""
    return _glance(message)[0]


def _glance(message: Message) -> tuple[str, list[tuple[str, str]]]:
    """(text, actions), made once for each version of a message: a page asks for all of them again and again."""
    if message.glance is None:
        message.glance = (_words(message), labels(message.blocks))
    return message.glance


def _words(message: Message) -> str:
    """Blocks if there are any, else the text; then attachments."""
    body = readable(message.blocks) if message.blocks else plain(message.text)
    return "\n".join(part for part in (body, attached(message.attachments)) if part)


def shown(message: Message, *, file: FileJson) -> dict[str, Any]:
    """The message in the fixed shape of `GET /api/messages`, with its thread."""
    text, actions = _glance(message)
    return {
        "id": message.ts,
        "user": NAMES.get(message.user, message.user),
        "text": text,
        "edits": message.edits,
        "actions": [{"action": action, "label": label} for action, label in actions],
        "files": [
            {"name": found["name"], "mimetype": found["mimetype"], "size": found["size"], "url": found["url_private"]}
            for name in message.files
            if (found := file(name))
        ],
        "thread": [shown(reply, file=file) for reply in message.replies],
    }


def drawn(message: Message, *, file: FileJson) -> dict[str, Any]:
    """The shape of `shown`, and what the page needs to draw it like Slack does."""
    return shown(message, file=file) | {
        "at": float(message.ts),
        "bot": message.by_bot,
        "thread_id": message.thread_ts,
        "edited": bool(message.edited_ts),
        "raw": {"text": message.text, "blocks": message.blocks, "attachments": message.attachments},
        "thread": [drawn(reply, file=file) for reply in message.replies],
    }
