"""Messages, threads and files as a worker posts them: unmodified discord.py, logged in, without a gateway."""

import io

import discord
import httpx
import pytest

from sandbox.discord import BOT_PERMISSIONS, BOT_TOKEN, CHANNEL_IDS, GUILD_ID, Permission, Rules
from tests.sandbox.discord.harness import TLS, Sandbox, open_thread

GENERAL = CHANNEL_IDS["general"]
BYTES = bytes(range(256)) * 10


@pytest.fixture
def rules() -> Rules:
    return Rules(upload_bytes=1000, messages_a_channel=20)


def video(size: int = 600, name: str = "a red fox.mp4") -> discord.File:
    return discord.File(io.BytesIO(BYTES[:size]), name)


async def test_a_worker_without_a_gateway_posts_threads_uploads_and_edits(
    sandbox: Sandbox, worker: discord.Client
) -> None:
    root = await sandbox.channel(worker, "video").send("Making a red fox")
    thread = await open_thread(worker, root, "a red fox")
    place = worker.get_partial_messageable(thread.id, guild_id=GUILD_ID)
    progress = await place.send("10%")
    await place.get_partial_message(progress.id).edit(content="100%")
    delivered = await place.send("Here it is", file=video())

    (message,) = sandbox.platform.messages("video")
    assert thread.id == root.id
    assert message["text"] == "Making a red fox"
    assert [(one["text"], one["edits"]) for one in message["thread"]] == [("100%", 1), ("Here it is", 0)]
    (file,) = message["thread"][1]["files"]
    assert (file["name"], file["mimetype"], file["size"]) == ("a_red_fox.mp4", "video/mp4", 600)
    assert file["url"] == delivered.attachments[0].url
    assert await delivered.attachments[0].read() == BYTES[:600]


async def test_a_file_is_served_in_ranges_as_a_player_wants_it(sandbox: Sandbox, worker: discord.Client) -> None:
    sent = await sandbox.channel(worker).send(file=video())

    async with httpx.AsyncClient(verify=TLS) as http:
        part = await http.get(sent.attachments[0].url, headers={"Range": "bytes=10-19"})
        gone = await http.get(sent.attachments[0].url + "x")
        outside = await http.get(
            f"{sandbox.world.base_url}/discord/cdn/attachments/1/1/..%2f..%2f..%2f..%2fpyproject.toml"
        )

    assert part.status_code == 206
    assert part.content == bytes(range(10, 20))
    assert part.headers["content-type"] == "video/mp4"
    assert part.headers["content-range"] == "bytes 10-19/600"
    assert (gone.status_code, outside.status_code) == (404, 404)


async def test_an_edit_keeps_the_files_it_lists_and_forgets_the_others(
    sandbox: Sandbox, worker: discord.Client
) -> None:
    channel = sandbox.channel(worker)
    sent = await channel.send(files=[video(name="a.mp4"), video(name="b.mp4")])

    edited = await sent.edit(attachments=[sent.attachments[1], video(name="c.mp4")])

    assert [one.filename for one in edited.attachments] == ["b.mp4", "c.mp4"]
    async with httpx.AsyncClient(verify=TLS) as http:
        assert (await http.get(sent.attachments[0].url)).status_code == 404
        assert (await http.get(edited.attachments[1].url)).status_code == 200


async def test_a_nonce_makes_a_retry_return_the_first_message(sandbox: Sandbox, worker: discord.Client) -> None:
    channel = sandbox.channel(worker)

    first = await channel.send("one", nonce="generation-1")
    again = await channel.send("one, once more", nonce="generation-1")
    other = await channel.send("two", nonce="generation-2")

    assert again.id == first.id
    assert again.nonce == "generation-1"
    assert other.id != first.id
    assert [one["text"] for one in sandbox.platform.messages("general")] == ["one", "two"]


async def test_a_nonce_is_forgotten_with_its_message_and_is_nothing_without_enforcement(
    sandbox: Sandbox, worker: discord.Client, http: httpx.AsyncClient
) -> None:
    first = await sandbox.channel(worker).send("one", nonce="n")
    await first.delete()

    again = await http.post(
        f"/channels/{GENERAL}/messages", json={"content": "two", "nonce": "n", "enforce_nonce": True}
    )
    twice = await http.post(f"/channels/{GENERAL}/messages", json={"content": "three", "nonce": "n"})
    read = await http.get(f"/channels/{GENERAL}/messages/{twice.json()['id']}")

    assert [one["text"] for one in sandbox.platform.messages("general")] == ["two", "three"]
    assert again.json()["nonce"] == "n"
    assert "nonce" not in read.json()


async def test_history_is_paged_newest_first(sandbox: Sandbox, worker: discord.Client, http: httpx.AsyncClient) -> None:
    channel = sandbox.channel(worker)
    sent = [await channel.send(f"{number}") for number in range(6)]

    assert [one.content async for one in channel.history(limit=2)] == ["5", "4"]
    assert [one.content async for one in channel.history(limit=2, before=sent[2])] == ["1", "0"]
    assert [one.content async for one in channel.history(limit=2, after=sent[2])] == ["3", "4"]
    assert [one.content async for one in channel.history(limit=3, around=sent[2])] == ["3", "2", "1"]
    refused = await http.get(f"/channels/{GENERAL}/messages", params={"limit": 101})
    assert refused.json()["errors"]["limit"]["_errors"][0]["code"] == "NUMBER_TYPE_MAX"


async def test_a_channel_keeps_a_bounded_number_of_messages_with_their_threads(
    sandbox: Sandbox, worker: discord.Client
) -> None:
    channel = sandbox.channel(worker)
    first = await channel.send("first", file=video())
    await open_thread(worker, first, "first")
    for number in range(20):
        await channel.send(f"{number}")

    assert len(sandbox.platform.messages("general")) == 20
    with pytest.raises(discord.NotFound) as missing:
        await worker.get_partial_messageable(first.id).send("still here?")
    assert missing.value.code == 10003
    async with httpx.AsyncClient(verify=TLS) as http:
        assert (await http.get(first.attachments[0].url)).status_code == 404


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
    assert (await worker.fetch_channel(thread.id)).archived is False


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


async def test_a_file_that_is_too_large_is_refused_and_not_kept(sandbox: Sandbox, worker: discord.Client) -> None:
    with pytest.raises(discord.HTTPException) as refused:
        await sandbox.channel(worker).send(file=video(1001))

    assert (refused.value.status, refused.value.code) == (413, 40005)
    assert not list((sandbox.world.home / "discord").rglob("*.mp4"))
    assert (await sandbox.channel(worker).send(file=video(1000))).attachments[0].size == 1000


async def test_direct_messages_reach_people_who_take_them(sandbox: Sandbox, worker: discord.Client) -> None:
    ana, dan = sandbox.platform.people[0], sandbox.platform.people[3]
    sandbox.platform.close_dms("dan")

    channel = await worker.create_dm(discord.Object(int(ana.id)))
    await channel.send("Your video")
    with pytest.raises(discord.Forbidden) as refused:
        await (await worker.create_dm(discord.Object(int(dan.id)))).send("Yours too")
    with pytest.raises(discord.HTTPException) as nobody:
        await worker.create_dm(discord.Object(1))

    assert [one["text"] for one in sandbox.platform.messages("@ana")] == ["Your video"]
    assert (refused.value.code, nobody.value.code) == (50007, 50033)


async def test_a_wrong_token_is_refused(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    client = discord.Client(intents=discord.Intents.none())
    with pytest.raises(discord.LoginFailure):
        await client.login(BOT_TOKEN + "x")
    await client.close()

    refused = await http.get("/users/@me", headers={"Authorization": "Bot nobody"})
    assert (refused.status_code, refused.json()) == (401, {"message": "401: Unauthorized", "code": 0})


async def test_every_answer_carries_the_headers_that_clients_read(http: httpx.AsyncClient) -> None:
    for response in (await http.get("/gateway/bot"), await http.get("/channels/1")):
        assert response.headers["content-type"] == "application/json"
        assert response.headers["via"]
        assert int(response.headers["x-ratelimit-remaining"]) > 100
        assert response.headers["x-ratelimit-bucket"]


async def test_ids_tell_the_time_and_never_repeat(sandbox: Sandbox, worker: discord.Client) -> None:
    sent = [await sandbox.channel(worker).send("x") for _ in range(5)]

    assert len({one.id for one in sent}) == 5
    assert abs((sent[0].created_at - discord.utils.utcnow()).total_seconds()) < 5


async def test_every_change_is_told_to_the_page(sandbox: Sandbox, worker: discord.Client) -> None:
    sandbox.world.recent.clear()
    root = await sandbox.channel(worker, "video").send("root")
    await open_thread(worker, root, "fox")
    inner = await worker.get_partial_messageable(root.id, guild_id=GUILD_ID).send("10%")
    await inner.edit(content="20%")
    await inner.delete()

    told = [(news["channel"], news["id"]) for news in sandbox.world.recent if news["type"] == "message"]
    assert told.count(("video", str(inner.id))) == 3
    assert told.count(("video", str(root.id))) == 2
