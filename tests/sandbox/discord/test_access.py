"""Where the bot may do what: threads and their state, permissions, direct messages, and things that are gone."""

import discord
import httpx
import pytest

from sandbox.discord import BOT_PERMISSIONS, CHANNEL_IDS, GUILD_ID, Permission
from tests.sandbox.discord.harness import Sandbox, open_thread, video

GENERAL = CHANNEL_IDS["general"]


async def test_a_message_has_one_thread_and_a_thread_has_none(
    sandbox: Sandbox, worker: discord.Client, http: httpx.AsyncClient
) -> None:
    channel = sandbox.channel(worker)
    root = await channel.send("root")
    thread = await open_thread(worker, root, "first")
    await worker.get_partial_messageable(thread.id, guild_id=GUILD_ID).send("inside")

    with pytest.raises(discord.HTTPException) as twice:
        await open_thread(worker, root, "second")
    refused = await http.post(f"/channels/{thread.id}/threads", json={"name": "deeper", "type": 11})
    other = await channel.send("other")
    with pytest.raises(discord.HTTPException) as nameless:
        await open_thread(worker, other, "")

    assert (twice.value.status, twice.value.code) == (400, 160004)
    assert (refused.status_code, refused.json()["code"]) == (400, 50024)
    assert (nameless.value.status, nameless.value.code) == (400, 50035)


async def test_a_thread_can_be_opened_without_a_message(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    opened = await http.post(f"/channels/{GENERAL}/threads", json={"name": "ideas", "type": 11})
    private = await http.post(f"/channels/{GENERAL}/threads", json={"name": "secret"})
    await http.post(f"/channels/{opened.json()['id']}/messages", json={"content": "a fox"})

    (root,) = sandbox.platform.messages("general")
    assert root["text"] == "Neverdark started a thread: ideas"
    assert [one["text"] for one in root["thread"]] == ["a fox"]
    assert (private.status_code, private.json()["code"]) == (403, 50013)


async def test_an_archived_thread_refuses_edits_and_comes_back_with_a_message(
    sandbox: Sandbox, worker: discord.Client
) -> None:
    root = await sandbox.channel(worker).send("root")
    thread = await open_thread(worker, root, "fox")
    place = worker.get_partial_messageable(thread.id, guild_id=GUILD_ID)
    progress = await place.send("10%")
    await thread.edit(archived=True)

    with pytest.raises(discord.HTTPException) as archived:
        await progress.edit(content="20%")
    await place.send("20%")
    await progress.edit(content="done")

    assert (archived.value.status, archived.value.code) == (400, 50083)
    now = await worker.fetch_channel(thread.id)
    assert isinstance(now, discord.Thread)
    assert not now.archived


async def test_a_locked_thread_takes_nothing(sandbox: Sandbox, worker: discord.Client) -> None:
    root = await sandbox.channel(worker).send("root")
    thread = await open_thread(worker, root, "fox")
    sandbox.platform.archive(str(thread.id), locked=True)

    with pytest.raises(discord.Forbidden) as locked:
        await worker.get_partial_messageable(thread.id, guild_id=GUILD_ID).send("hello?")

    assert locked.value.code == 160005


async def test_what_is_not_there_has_its_own_code(
    sandbox: Sandbox, worker: discord.Client, http: httpx.AsyncClient
) -> None:
    channel = sandbox.channel(worker)
    gone = await channel.send("gone")
    await gone.delete()

    with pytest.raises(discord.NotFound) as message:
        await channel.get_partial_message(gone.id).edit(content="x")
    with pytest.raises(discord.NotFound) as place:
        await worker.get_partial_messageable(1).send("x")
    with pytest.raises(discord.NotFound) as guild:
        await worker.fetch_guild(1)
    path = await http.get("/no/such/path")

    assert (message.value.code, place.value.code, guild.value.code) == (10008, 10003, 10004)
    assert (path.status_code, path.json()["code"]) == (404, 0)


async def test_only_the_bots_own_messages_can_be_edited(sandbox: Sandbox, worker: discord.Client) -> None:
    await sandbox.platform.say(channel="general", user="ben", text="mine")
    (theirs,) = sandbox.platform.messages("general")
    message = sandbox.channel(worker).get_partial_message(int(theirs["id"]))

    with pytest.raises(discord.Forbidden) as edit:
        await message.edit(content="yours")
    with pytest.raises(discord.Forbidden) as delete:
        await message.delete()

    assert (edit.value.code, delete.value.code) == (50005, 50013)


async def test_a_channel_that_the_bot_cannot_see_is_missing_access(sandbox: Sandbox, worker: discord.Client) -> None:
    with pytest.raises(discord.Forbidden) as post:
        await sandbox.channel(worker, "quiet").send("x")
    with pytest.raises(discord.Forbidden) as read:
        _ = [one async for one in sandbox.channel(worker, "quiet").history(limit=1)]

    assert (post.value.code, read.value.code) == (50001, 50001)


@pytest.mark.parametrize(
    ("missing", "file", "embed"),
    [
        (Permission.SEND_MESSAGES, False, False),
        (Permission.ATTACH_FILES, True, False),
        (Permission.EMBED_LINKS, False, True),
    ],
)
async def test_a_missing_permission_is_told(
    sandbox: Sandbox, worker: discord.Client, missing: Permission, *, file: bool, embed: bool
) -> None:
    sandbox.platform.permit("general", BOT_PERMISSIONS & ~missing)

    with pytest.raises(discord.Forbidden) as refused:
        await sandbox.channel(worker).send(
            "x",
            file=video() if file else discord.utils.MISSING,
            embed=discord.Embed(title="x") if embed else discord.utils.MISSING,
        )

    assert refused.value.code == 50013


async def test_threads_have_permissions_of_their_own(sandbox: Sandbox, worker: discord.Client) -> None:
    channel = sandbox.channel(worker)
    root = await channel.send("root")
    await open_thread(worker, root, "open")
    other = await channel.send("other")

    sandbox.platform.permit(
        "general", BOT_PERMISSIONS & ~Permission.SEND_MESSAGES_IN_THREADS & ~Permission.CREATE_PUBLIC_THREADS
    )

    with pytest.raises(discord.Forbidden) as inside:
        await worker.get_partial_messageable(root.id, guild_id=GUILD_ID).send("x")
    with pytest.raises(discord.Forbidden) as opening:
        await open_thread(worker, other, "closed")
    assert (inside.value.code, opening.value.code) == (50013, 50013)


async def test_direct_messages_reach_people_who_take_them(sandbox: Sandbox, worker: discord.Client) -> None:
    ana, dan = sandbox.platform.people[0], sandbox.platform.people[3]
    sandbox.platform.close_dms("dan")

    person = await worker.fetch_user(int(ana.id))
    async with person.typing():
        await person.send("Your video")
    with pytest.raises(discord.Forbidden) as refused:
        await (await worker.create_dm(discord.Object(int(dan.id)))).send("Yours too")
    with pytest.raises(discord.HTTPException) as nobody:
        await worker.create_dm(discord.Object(1))

    assert [one["text"] for one in sandbox.platform.messages("@ana")] == ["Your video"]
    assert (refused.value.code, nobody.value.code) == (50007, 50033)
