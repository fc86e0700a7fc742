"""The stand-in as a whole: its shape, its headers, its news, and a fresh start."""

from pathlib import Path

import discord
import httpx
import pytest

from sandbox.discord import BOT_TOKEN, GUILD_ID, Discord, Rules
from sandbox.discord.fixtures import CHANNEL_IDS, OTHER_CHANNELS, PRIVATE_THREADS
from sandbox.platform import Platform
from sandbox.world import World
from tests.sandbox.discord.harness import TLS, Sandbox, open_thread, serve, video


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


async def test_a_fresh_start_forgets_files_and_uses_no_id_again(
    sandbox: Sandbox, worker: discord.Client, tmp_path: Path
) -> None:
    sent = await sandbox.channel(worker).send(file=video())

    async with serve(tmp_path, Rules()) as fresh:
        await fresh.platform.say(channel="general", user="ana", text="hello again")
        (message,) = fresh.platform.messages("general")

    assert int(message["id"]) > sent.id
    async with httpx.AsyncClient(verify=TLS) as http:
        assert (await http.get(sent.attachments[0].url)).status_code == 404


def test_the_stand_in_is_a_platform(tmp_path: Path) -> None:
    def described(platform: Platform) -> tuple[str, tuple[str, ...], list[str]]:
        return platform.name, platform.channels, [person.name for person in platform.people if person.admin]

    stand_in = Discord(World(home=tmp_path, base_url="http://sandbox"))

    assert described(stand_in) == ("discord", (*CHANNEL_IDS, *OTHER_CHANNELS, *PRIVATE_THREADS), ["ana"])


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
