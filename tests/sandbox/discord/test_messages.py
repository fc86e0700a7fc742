"""Messages, threads and files as a worker posts them: unmodified discord.py, logged in, without a gateway."""

import discord
import httpx
import pytest

from sandbox.discord import CHANNEL_IDS, GUILD_ID, Rules
from tests.sandbox.discord.harness import BYTES, TLS, Sandbox, open_thread, video

GENERAL = CHANNEL_IDS["general"]


@pytest.fixture
def rules() -> Rules:
    return Rules(upload_bytes=1000, messages_a_channel=20)


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


async def test_a_file_that_is_too_large_is_refused_and_not_kept(sandbox: Sandbox, worker: discord.Client) -> None:
    with pytest.raises(discord.HTTPException) as refused:
        await sandbox.channel(worker).send(file=video(1001))

    assert (refused.value.status, refused.value.code) == (413, 40005)
    assert not list((sandbox.world.home / "discord").rglob("*.mp4"))
    assert (await sandbox.channel(worker).send(file=video(1000))).attachments[0].size == 1000
