"""Forums: each message there is a post of its own, a thread that begins with it and has its id."""

from collections.abc import Callable
from typing import Any

import discord

from bots.discord.places import Place
from core.domain.chat.chat_errors import PlaceGone
from core.replies.chat.words import cut

TITLE_MAX = 100
LOOK_MOST = 20
"""Posts that are looked through for one that an interrupted try may have left."""


async def posted(client: discord.Client, where: Place, title: str, drawn: dict[str, Any]) -> discord.Message:
    """A new post. Discord takes no nonce here, so whoever repeats it looks first.

    Raises:
        PlaceGone: it is no forum any more.
    """
    forum = await client.fetch_channel(where.channel)
    if not isinstance(forum, discord.ForumChannel):
        raise PlaceGone("this is no forum")
    made = await forum.create_thread(name=cut(title, TITLE_MAX), **drawn)
    return made.message


async def found(
    client: discord.Client, where: Place, is_ours: Callable[[discord.Message], bool]
) -> discord.Message | None:
    """A post of ours, among the newest that are open."""
    if where.guild is None:
        return None
    answer = await client.http.get_active_threads(where.guild)
    here = [each for each in answer["threads"] if each.get("parent_id") == str(where.channel)]
    newest = sorted((int(each["id"]) for each in here), reverse=True)[:LOOK_MOST]
    for thread in newest:
        channel = client.get_partial_messageable(thread, guild_id=where.guild)
        try:
            message = await channel.fetch_message(thread)
        except discord.NotFound:
            continue
        if is_ours(message):
            return message
    return None
