"""The one guild of the Discord sandbox and the application in it, as Discord writes them down."""

from collections.abc import Iterable
from typing import Any

from sandbox.discord import fixtures, payloads
from sandbox.discord.fixtures import APPLICATION_ID, BOT_ID, GUILD_ID, GUILD_NAME, Permission
from sandbox.discord.model import Channel, ChannelKind

OWNER_ID = int(fixtures.PEOPLE_BY_NAME["ana"].id)


def _role(role_id: int, name: str, permissions: Permission, position: int) -> dict[str, Any]:
    return {
        "id": str(role_id),
        "name": name,
        "permissions": str(int(permissions)),
        "position": position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": role_id == fixtures.BOT_ROLE_ID,
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    } | ({"tags": {"bot_id": str(BOT_ID)}} if role_id == fixtures.BOT_ROLE_ID else {})


def guild() -> dict[str, Any]:
    """The guild, as GET /guilds/{id} gives it."""
    return {
        "id": str(GUILD_ID),
        "name": GUILD_NAME,
        "icon": None,
        "description": None,
        "home_header": None,
        "splash": None,
        "discovery_splash": None,
        "features": [],
        "banner": None,
        "owner_id": str(OWNER_ID),
        "application_id": None,
        "region": "us-west",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": str(fixtures.CHANNEL_IDS["general"]),
        "system_channel_flags": 0,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 0,
        "roles": [
            _role(GUILD_ID, "@everyone", fixtures.EVERYONE_PERMISSIONS, 0),
            _role(fixtures.MANAGERS_ROLE_ID, "Managers", fixtures.MANAGER_PERMISSIONS, 1),
            _role(fixtures.DESIGNERS_ROLE_ID, "Designers", fixtures.EVERYONE_PERMISSIONS, 1),
            _role(fixtures.BOT_ROLE_ID, fixtures.BOT_NAME, fixtures.BOT_PERMISSIONS, 2),
        ],
        "default_message_notifications": 1,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": None,
        "max_members": 500000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": None,
        "premium_tier": 1,
        "premium_subscription_count": 2,
        "preferred_locale": "en-US",
        "rules_channel_id": None,
        "safety_alerts_channel_id": None,
        "public_updates_channel_id": None,
        "premium_progress_bar_enabled": False,
        "premium_progress_bar_enabled_user_updated_at": None,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "incidents_data": None,
    }


def partial() -> dict[str, Any]:
    """The guild as the list of the bot's own guilds has it, with what the bot's roles let it do."""
    shown = guild()
    return {key: shown[key] for key in ("id", "name", "icon", "banner", "features")} | {
        "owner": False,
        "permissions": str(int(fixtures.BOT_PERMISSIONS)),
    }


def guild_create(channels: Iterable[Channel], *, joined_at: str = payloads.JOINED_AT) -> dict[str, Any]:
    """The guild with all that is in it, as the gateway sends it after READY. Hidden channels are in it too."""
    listed = [one for one in channels if one.kind is not ChannelKind.DM]
    threads = [one for one in listed if one.thread is not None and not one.thread.archived]
    return guild() | {
        "joined_at": joined_at,
        "large": False,
        "unavailable": False,
        "member_count": len(fixtures.PEOPLE) + 1,
        "voice_states": [],
        "members": [payloads.member(BOT_ID) | {"joined_at": joined_at}],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
        "channels": [payloads.channel(one) for one in listed if one.thread is None and not one.deleted],
        "threads": [payloads.channel(one) for one in threads if _is_seen(one)],
    }


def _is_seen(thread: Channel) -> bool:
    return Permission.VIEW_CHANNEL in thread.permissions and thread.thread is not None and thread.thread.bot_is_in


def application() -> dict[str, Any]:
    """The application, as GET /oauth2/applications/@me gives it. No privileged intent has been approved for it."""
    return {
        "id": str(APPLICATION_ID),
        "name": fixtures.BOT_NAME,
        "icon": None,
        "description": "Makes videos from words.",
        "type": None,
        "bot": payloads.user(BOT_ID),
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 0,
        "flags_new": "0",
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": payloads.user(OWNER_ID),
        "approximate_guild_count": 1,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": ["bot", "applications.commands"],
    }
