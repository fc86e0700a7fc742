"""What a moderator does in the guild, as discord.py meets it: kinds of channels, tags, private threads, deletions."""

import discord
import pytest

from sandbox.discord import GUILD_ID
from sandbox.discord.fixtures import ALL_CHANNEL_IDS, PRIVATE_THREADS
from sandbox.discord.options import parse
from sandbox.switches import Value
from tests.patience import until
from tests.sandbox.discord.harness import Bot, Sandbox

PARENT, BACKROOM = PRIVATE_THREADS["backroom"]
MISSING_ACCESS, UNKNOWN_CHANNEL, WANTS_TAG = 50001, 10003, 40067


def turn(sandbox: Sandbox, name: str, value: Value) -> None:
    next(switch for switch in sandbox.platform.switches if switch.name == name).turn(value)


async def _refused(client: discord.Client, channel: int) -> int:
    """The code with which a message is refused."""
    with pytest.raises(discord.HTTPException) as refusal:
        await client.get_partial_messageable(channel, guild_id=GUILD_ID).send("hello")
    return refusal.value.code


async def test_people_begin_posts_in_forums_and_media_channels_and_use_commands_inside_them(
    sandbox: Sandbox, bot: Bot
) -> None:
    platform = sandbox.platform
    for channel in ("showcase", "clips"):
        assert not (await platform.say(channel=channel, user="ben", text="/tell prompt:fox")).ok
        assert (await platform.say(channel=channel, user="ben", text="look at this\nplease")).ok
        (post,) = platform.messages(channel)
        assert (post["user"], post["text"]) == ("ben", "look at this\nplease")
        assert platform._store.channels[int(post["id"])].name == "look at this"
        heard = await platform.say(channel=channel, user="ben", text="/video prompt:fox", thread=post["id"])
        assert heard.ok, heard


async def test_a_forum_may_want_a_tag_that_is_for_everybody(sandbox: Sandbox, worker: discord.Client) -> None:
    turn(sandbox, "wants_tag", ["showcase"])
    forum = await worker.fetch_channel(ALL_CHANNEL_IDS["showcase"])
    assert isinstance(forum, discord.ForumChannel)
    assert forum.flags.require_tag
    moderated, free = forum.available_tags[:2]
    for tags in ([], [moderated]):
        with pytest.raises(discord.HTTPException) as refusal:
            await forum.create_thread(name="a post", content="hello", applied_tags=tags)
        assert refusal.value.code == WANTS_TAG
    assert (await forum.create_thread(name="a post", content="hello", applied_tags=[free])).thread.name == "a post"


async def test_a_private_thread_is_closed_to_a_bot_that_is_not_in_it(sandbox: Sandbox, worker: discord.Client) -> None:
    place = worker.get_partial_messageable(BACKROOM, guild_id=GUILD_ID)
    await place.send("among us")
    assert [each["text"] for each in sandbox.platform.messages("backroom")] == ["among us"]
    assert sandbox.platform.messages(PARENT) == [], "it hangs on no message"
    turn(sandbox, "without_bot", ["backroom"])
    assert await _refused(worker, BACKROOM) == MISSING_ACCESS
    turn(sandbox, "without_bot", [])
    await place.send("again")


async def test_a_channel_can_be_deleted_and_what_the_app_wrote_can_be_purged(
    sandbox: Sandbox, worker: discord.Client
) -> None:
    random = ALL_CHANNEL_IDS["random"]
    await worker.get_partial_messageable(random, guild_id=GUILD_ID).send("gone soon")
    assert (await sandbox.platform.say(channel="random", user="ben", text="mine")).ok
    turn(sandbox, "purged_channels", ["random"])
    assert [each["text"] for each in sandbox.platform.messages("random")] == ["mine"]
    turn(sandbox, "deleted_channels", ["random"])
    assert await _refused(worker, random) == UNKNOWN_CHANNEL
    assert not (await sandbox.platform.say(channel="random", user="ben", text="hello?")).ok


async def test_the_cache_of_a_bot_follows_what_moderators_do(sandbox: Sandbox, bot: Bot) -> None:
    (server,) = bot.guilds
    turn(sandbox, "slow_channels", ["random"])
    turn(sandbox, "deleted_channels", ["video"])
    turn(sandbox, "without_bot", ["backroom"])

    def is_known() -> bool:
        random = server.get_channel(ALL_CHANNEL_IDS["random"])
        is_slow = isinstance(random, discord.TextChannel) and random.slowmode_delay == 21_600
        return is_slow and server.get_channel(ALL_CHANNEL_IDS["video"]) is None and server.get_thread(BACKROOM) is None

    await until(is_known)


def test_options_and_choices_have_names_in_a_persons_own_language() -> None:
    tier = {
        "name": "tier", "type": 3, "description": "x", "name_localizations": {"de": "stufe"},
        "choices": [{"name": "Draft", "value": "draft", "name_localizations": {"de": "Entwurf"}}],
    }  # fmt: skip
    command = {"id": "1", "name": "video", "options": [{"name": "prompt", "type": 3, "required": True}, tier]}
    words = ["ein", "Fuchs", "stufe:Entwurf"]
    given = {each["name"]: each["value"] for each in parse(command, words, locale="de")["options"]}
    assert given == {"prompt": "ein Fuchs", "tier": "draft"}
    assert parse(command, words)["options"][0]["value"] == "ein Fuchs stufe:Entwurf"
