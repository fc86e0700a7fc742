"""Posts in forums: each message there is a post, a thread that begins with the message and has its id."""

from collections.abc import Callable
from typing import Any

import discord

from bots.discord.api.places import Place
from core.domain.chat.chat_errors import PlaceGone
from core.replies.chat.words import cut

TITLE_MAX = 100
LOOK_MOST = 20
"""Posts that are searched for one that an interrupted try may have left."""


async def posted(client: discord.Client, where: Place, title: str, drawn: dict[str, Any]) -> discord.Message:
    """Make a new post. Discord takes no nonce here, so a caller that repeats it must look with `found` first.

    Raises:
        PlaceGone: the channel is not a forum.
    """
    forum = await client.fetch_channel(where.channel)
    if not isinstance(forum, discord.ForumChannel):
        raise PlaceGone("this is no forum")
    made = await forum.create_thread(name=cut(title, TITLE_MAX), applied_tags=_tags(forum), **drawn)
    return made.message


def _tags(forum: discord.ForumChannel) -> list[discord.ForumTag]:
    """The tag of a post, where the forum refuses posts without one: the first that everybody may use."""
    if not forum.flags.require_tag:
        return []
    return [tag for tag in forum.available_tags if not tag.moderated][:1]


async def found(
    client: discord.Client, where: Place, is_ours: Callable[[discord.Message], bool]
) -> discord.Message | None:
    """Our post with this mark, searched among the newest open ones."""
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
