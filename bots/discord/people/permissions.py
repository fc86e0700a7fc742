"""The permissions that the bot needs: where a video is asked for, in a server's channels, and in its invitation."""

from urllib.parse import urlencode

import discord

from bots.discord.people.callers import is_brought
from core.domain.requests.refusals import MissingPermissions

_EVERYWHERE = ("view_channel", "embed_links", "attach_files", "read_message_history")
_IN_CHANNEL = ("send_messages",)
_IN_THREAD = ("send_messages_in_threads",)
_THREADS = {
    *(None, discord.ChannelType.public_thread, discord.ChannelType.private_thread, discord.ChannelType.news_thread)
}
_VOICES = {discord.ChannelType.voice, discord.ChannelType.stage_voice}
_WITH_THREADS = {discord.ChannelType.text, discord.ChannelType.news}
NEEDED = discord.Permissions(**dict.fromkeys((*_EVERYWHERE, *_IN_CHANNEL, *_IN_THREAD, "create_public_threads"), True))
"""The permissions that the invitation asks for."""
_AUTHORIZE = "https://discord.com/oauth2/authorize"


def missing(interaction: discord.Interaction) -> MissingPermissions | None:
    """The permissions that the bot lacks at this place; None if it lacks none, or nobody could grant them."""
    if interaction.guild_id is None or is_brought(interaction):
        return None
    has = interaction.app_permissions
    if has.administrator:
        return None
    in_thread = isinstance(interaction.channel, discord.Thread)
    needed: tuple[str, ...] = _EVERYWHERE + (_IN_THREAD if in_thread else _IN_CHANNEL)
    if not in_thread and has.create_public_threads:
        needed += _IN_THREAD  # videos come into a thread, where the bot can open one
    lacking = tuple(_words(name) for name in needed if not getattr(has, name))
    if not lacking:
        return None
    return MissingPermissions(missing=lacking, channel=getattr(interaction.channel, "name", None) or "this channel")


def invitation(application: int | str, *, server: int | str | None = None) -> str:
    """The address at which a person adds the bot to a server, with all permissions that it needs."""
    asked = {
        "client_id": str(application),
        "scope": "bot applications.commands",
        "permissions": str(NEEDED.value),
        **({"guild_id": str(server)} if server is not None else {}),
    }
    return f"{_AUTHORIZE}?{urlencode(asked)}"


def installation(application: int | str) -> str:
    """The address at which a person adds the app for themselves, to use it anywhere."""
    asked = {"client_id": str(application), "scope": "applications.commands", "integration_type": "1"}
    return f"{_AUTHORIZE}?{urlencode(asked)}"


def lacking(guild: discord.Guild) -> dict[str, tuple[str, ...]]:
    """By channel in which everybody may write: the permissions that the bot lacks, as Discord names them."""
    found: dict[str, tuple[str, ...]] = {}
    for channel in guild.text_channels:
        public = channel.permissions_for(guild.default_role)
        has = channel.permissions_for(guild.me)
        if has.administrator or not (public.view_channel and public.send_messages):
            continue
        hides = next((name for name in ("view_channel", "send_messages") if not getattr(has, name)), None)
        # A channel that hides itself seems to lack everything: only the permission that hides it is named.
        if gone := _gone(has) if hides is None else (_words(hides),):
            found[channel.name] = gone
    return found


def lacking_here(interaction: discord.Interaction, kind: discord.ChannelType | None) -> tuple[str, ...]:
    """The permissions that the bot lacks where somebody asks. `kind`: of the channel; None: it is a thread."""
    return _lacking(interaction.app_permissions, kind)


def lacking_in(interaction: discord.Interaction, channel: int, kind: discord.ChannelType) -> tuple[str, ...]:
    """The permissions that the bot lacks in a channel of this server. `kind`: of the place that was asked about."""
    found = interaction.guild.get_channel(channel) if interaction.guild else None
    if found is None or interaction.guild is None:
        return (_words("view_channel"),)
    # Who may not write in a channel may not attach files there; in its threads another permission decides.
    of_base = discord.abc.GuildChannel.permissions_for
    has = of_base(found, interaction.guild.me) if kind in _THREADS else found.permissions_for(interaction.guild.me)
    return (_words("view_channel"),) if not has.view_channel else _lacking(has, kind)


def _lacking(has: discord.Permissions, kind: discord.ChannelType | None) -> tuple[str, ...]:
    """Voice channels have no threads, and what is written in a forum is a thread."""
    if has.administrator:
        return ()
    needed = dict.fromkeys(_EVERYWHERE, True)
    if kind not in _THREADS:
        needed |= dict.fromkeys(_IN_CHANNEL, True)
    if kind not in _VOICES:
        needed |= dict.fromkeys(_IN_THREAD, True)
    if kind in _WITH_THREADS:
        needed["create_public_threads"] = True
    return tuple(_words(name) for name, is_needed in NEEDED if is_needed and name in needed and not getattr(has, name))


def lacks(permissions: int) -> tuple[str, ...]:
    """The permissions that the bot needs and does not have."""
    has = discord.Permissions(permissions)
    return () if has.administrator else _gone(has)


def _gone(has: discord.Permissions) -> tuple[str, ...]:
    return tuple(_words(name) for name, is_needed in NEEDED if is_needed and not getattr(has, name))


def _words(name: str) -> str:
    """A permission as Discord's settings name it: Attach Files."""
    return " ".join(word if word == "in" else word.capitalize() for word in name.split("_"))
