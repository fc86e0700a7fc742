"""How Discord writes things down: users, members, the guild, channels, threads and messages as its JSON."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sandbox.discord import fixtures
from sandbox.discord.fixtures import BOT_ID, BOT_NAME, GUILD_ID, Permission
from sandbox.discord.model import Attachment, Channel, ChannelKind, Message, MessageFlag, Origin

JOINED_AT = "2026-01-01T00:00:00+00:00"
HIDDEN = Permission(0)


def at(unix_s: float) -> str:
    """A time as Discord writes it."""
    return datetime.fromtimestamp(unix_s, UTC).isoformat()


def user(user_id: int) -> dict[str, Any]:
    """A person, or the bot."""
    is_bot = user_id == BOT_ID
    return {
        "id": str(user_id),
        "username": BOT_NAME if is_bot else fixtures.name_of(user_id),
        "global_name": None if is_bot else fixtures.name_of(user_id).capitalize(),
        "avatar": None,
        "discriminator": "4242" if is_bot else "0",
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
    } | ({"bot": True} if is_bot else {})


def me() -> dict[str, Any]:
    """The bot as it sees itself."""
    return user(BOT_ID) | {"mfa_enabled": True, "locale": "en-US", "verified": True, "email": None}


def member(user_id: int, *, with_user: bool = True, designers: Collection[int] = fixtures.DESIGNERS) -> dict[str, Any]:
    """Somebody in the guild."""
    roles: list[str] = []
    if user_id == BOT_ID:
        roles = [str(fixtures.BOT_ROLE_ID)]
    elif fixtures.PEOPLE_BY_ID[user_id].admin:
        roles = [str(fixtures.MANAGERS_ROLE_ID)]
    if user_id in designers:
        roles.append(str(fixtures.DESIGNERS_ROLE_ID))
    return {
        "avatar": None,
        "banner": None,
        "communication_disabled_until": None,
        "flags": 0,
        "joined_at": JOINED_AT,
        "nick": None,
        "pending": False,
        "premium_since": JOINED_AT if str(user_id) in fixtures.BOOSTERS else None,
        "roles": roles,
        "mute": False,
        "deaf": False,
    } | ({"user": user(user_id)} if with_user else {})


def channel(one: Channel) -> dict[str, Any]:
    """A channel, a thread or a DM."""
    made: dict[str, Any] = {
        "id": str(one.id),
        "type": int(one.kind),
        "flags": 0,
        "last_message_id": str(one.last_message_id) if one.last_message_id else None,
    }
    if one.kind is ChannelKind.DM:
        return made | {"recipients": [user(one.recipient_id or 0)]}
    made |= {"guild_id": str(GUILD_ID), "name": one.name, "rate_limit_per_user": one.slowmode_s}
    if one.thread is not None:
        return made | _thread(one)
    denied = fixtures.BOT_PERMISSIONS & ~one.permissions
    overwrites = [{"id": str(BOT_ID), "type": 1, "allow": "0", "deny": str(int(denied))}] if denied else []
    if one.hidden:
        seen = str(int(Permission.VIEW_CHANNEL))
        overwrites += [
            {"id": str(GUILD_ID), "type": 0, "allow": "0", "deny": seen},
            {"id": str(fixtures.BOT_ROLE_ID), "type": 0, "allow": seen, "deny": "0"},
        ]
    return (
        made
        | {
            "position": one.position,
            "parent_id": None,
            "topic": None,
            "nsfw": one.nsfw,
            "permission_overwrites": overwrites,
        }
        | _OF_KIND.get(one.kind, {})
        | ({"flags": WANTS_TAG, "available_tags": TAGS} if one.wants_tag else {})
    )


WANTS_TAG = 1 << 4
TAGS: list[dict[str, Any]] = [
    {
        "id": str(fixtures.GUILD_ID + number),
        "name": name,
        "moderated": is_moderated,
        "emoji_id": None,
        "emoji_name": None,
    }
    for number, (name, is_moderated) in enumerate(
        {"announcement": True, "video": False, "question": False}.items(), 901
    )
]
"""What posts may be marked with where a channel wants it. A moderated tag is for who may manage threads."""
_POSTS: dict[str, Any] = {
    "available_tags": [],
    "default_reaction_emoji": None,
    "default_sort_order": None,
    "default_forum_layout": 0,
    "template": "",
}
_SPOKEN = {"bitrate": 64000, "user_limit": 0, "rtc_region": None, "video_quality_mode": 1}
_OF_KIND: dict[ChannelKind, dict[str, Any]] = {
    ChannelKind.VOICE: _SPOKEN,
    ChannelKind.STAGE: _SPOKEN,
    ChannelKind.FORUM: _POSTS,
    ChannelKind.MEDIA: _POSTS,
}


def _thread(one: Channel) -> dict[str, Any]:
    thread = one.thread
    if thread is None:
        raise ValueError("This channel is not a thread.")
    return {
        "parent_id": str(one.parent_id),
        "owner_id": str(thread.owner_id),
        "rate_limit_per_user": thread.slowmode_s,
        "message_count": min(thread.sent, 50),
        "member_count": 1,
        "total_message_sent": thread.sent,
        "thread_metadata": {
            "archived": thread.archived,
            "archive_timestamp": at(thread.archived_at),
            "auto_archive_duration": thread.auto_archive_min,
            "locked": thread.locked,
            "create_timestamp": at(fixtures.made_at(one.id)),
        },
    }


def attachment(one: Attachment) -> dict[str, Any]:
    """A file of a message or of a command."""
    made: dict[str, Any] = {
        "id": str(one.id),
        "filename": one.filename,
        "size": one.size,
        "url": one.url,
        "proxy_url": one.url,
        "content_type": one.content_type,
    }
    optional = {"width": one.width, "height": one.height, "description": one.description}
    made |= {key: value for key, value in optional.items() if value is not None}
    return made | ({"ephemeral": True} if one.ephemeral else {})


def message(one: Message, *, thread: Channel | None = None, nonce: str | int | None = None) -> dict[str, Any]:
    """A message. A nonce is only in the answer to its creation and in its event, never in a later look."""
    content = one.content
    made: dict[str, Any] = {
        "id": str(one.id),
        "channel_id": str(one.channel_id),
        "type": int(one.kind),
        "author": user(one.author_id),
        "content": content.text,
        "embeds": [] if MessageFlag.SUPPRESS_EMBEDS in content.flags else content.embeds,
        "components": content.components,
        "attachments": [attachment(each) for each in content.attachments],
        "flags": int(content.flags),
        "mentions": [user(user_id) for user_id in content.mentions],
        "mention_roles": [],
        "mention_everyone": False,
        "pinned": False,
        "tts": False,
        "timestamp": at(fixtures.made_at(one.id)),
        "edited_timestamp": at(one.edited_at) if one.edited_at else None,
    }
    if one.origin is not None:
        made |= _origin(one.origin)
    if one.reference is not None:
        made["message_reference"] = one.reference
    if thread is not None:
        made["thread"] = channel(thread)
    if nonce is not None:
        made["nonce"] = nonce
    return made


def _origin(origin: Origin) -> dict[str, Any]:
    made: dict[str, Any] = {
        "application_id": str(fixtures.APPLICATION_ID),
        "webhook_id": str(fixtures.APPLICATION_ID),
        "interaction_metadata": origin.metadata,
    }
    if origin.command:
        made["interaction"] = {
            "id": str(origin.id),
            "type": origin.kind,
            "name": origin.command,
            "user": user(origin.user_id),
        }
    return made
