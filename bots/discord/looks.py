"""The views for managers: the rules, the log, the use of this month, and missing permissions in a channel."""

import io

import discord

from bots.discord import first
from bots.discord.asked_at import channel_of
from bots.discord.panels import manager
from bots.discord.permissions import lacking_in
from bots.video_service import VideoService
from core.domain.ids import ChannelId
from core.replies.chat.words import cut
from core.replies.languages.say import later, say

LOOKS = {
    "rules": "the rules that hold",
    "log": "who has changed what",
    "usage": "what was used this month",
    "check": "what I lack in a channel",
}
ALT_MAX = 1000
_WAY = later("Everywhere: Server Settings → Roles → Neverdark. There alone: the channel's settings → Permissions.")


async def look(
    interaction: discord.Interaction, what: str, *, channel: ChannelId | None, video_service: VideoService
) -> None:
    """Show one of the views to the manager alone."""
    if not await first.private(interaction):
        return
    by = await manager(interaction)
    match what:
        case "rules":
            await first.whisper(interaction, await video_service.rules.show(by))
        case "log":
            await first.whisper(interaction, await video_service.rules.log(by))
        case "usage":
            card, picture = await video_service.rules.usage(by)
            file = None
            if picture is not None:
                words = cut(picture.alt, ALT_MAX)
                file = discord.File(io.BytesIO(picture.png), filename=picture.filename, description=words)
            await first.whisper(interaction, card, file=file)
        case _:
            where = channel or channel_of(interaction)
            missing = lacking_in(interaction, where)
            await first.whisper(
                interaction, await video_service.rules.check(where, by, lacking=missing, ways=(say(_WAY),))
            )
