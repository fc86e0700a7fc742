"""What the bot must be allowed to where a video is asked for. Discord says so with each command."""

import discord

from core.domain.requests.refusals import MissingPermissions

_EVERYWHERE = ("view_channel", "embed_links", "attach_files", "read_message_history")
_IN_CHANNEL = ("send_messages",)
_IN_THREAD = ("send_messages_in_threads",)


def missing(interaction: discord.Interaction) -> MissingPermissions | None:
    """What the bot lacks where this was asked; None: nothing, or there is nobody who could give it."""
    if interaction.guild_id is None:
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


def _words(name: str) -> str:
    """A permission as Discord's settings have it: Attach Files."""
    small = {"in"}
    return " ".join(word if word in small else word.capitalize() for word in name.split("_"))
