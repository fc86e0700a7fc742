"""The switches and orders of Discord's stand-in: what discord.py, or a client without any library, gets to see."""

import asyncio
import time
from typing import Any

import aiohttp
import discord
import httpx
import pytest

from sandbox.discord import CHANNEL_IDS, GUILD_ID, Rules
from sandbox.discord.orders import STATUS
from sandbox.switches import Value
from sandbox.wire import BadInput
from tests.patience import until
from tests.sandbox.discord.harness import Sandbox

GENERAL = CHANNEL_IDS["general"]
MESSAGES = f"/channels/{GENERAL}/messages"
POST = "POST /channels/{channel}/messages"


@pytest.fixture
def rules() -> Rules:
    return Rules(hang_s=0.2)


def turn(sandbox: Sandbox, name: str, value: Value) -> None:
    next(switch for switch in sandbox.platform.switches if switch.name == name).turn(value)


async def _said(http: httpx.AsyncClient, text: str = "x") -> httpx.Response:
    return await http.post(MESSAGES, json={"content": text})


@pytest.mark.parametrize("code", STATUS)
async def test_every_code_can_be_ordered_once_and_comes_with_its_status(
    code: int, sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    sandbox.platform.faults.add(POST, str(code), times=1)
    refused = await _said(http)
    assert (refused.status_code, refused.json()["code"]) == (STATUS[code], code)
    assert sandbox.platform.messages("general") == []
    assert (await _said(http)).status_code == 200


async def test_an_order_may_concern_one_channel_and_begin_later(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    sandbox.platform.faults.add(POST, "50013", about="general", skip=1)
    assert [(await _said(http)).status_code for _ in range(3)] == [200, 403, 403]
    elsewhere = await http.post(f"/channels/{CHANNEL_IDS['video']}/messages", json={"content": "x"})
    assert elsewhere.status_code == 200
    sandbox.platform.faults.lift()
    assert (await _said(http)).status_code == 200


async def test_an_order_for_uploads_leaves_words_alone(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    sandbox.platform.faults.add("UPLOAD /channels/{channel}/messages", "40005")
    assert (await _said(http)).status_code == 200
    assert (await http.post(MESSAGES, files={"files[0]": ("a.mp4", b"123")})).status_code == 413


@pytest.mark.parametrize(
    ("word", "raised", "posted"),
    [
        ("drop", aiohttp.ClientPayloadError, 1),
        ("swallow", aiohttp.ClientPayloadError, 0),
        ("broken", ValueError, 1),
        ("timeless", KeyError, 0),
        ("cloudflare", discord.HTTPException, 0),
        ("http_503", discord.DiscordServerError, 0),
        ("hang", aiohttp.ClientPayloadError, 0),
    ],
)
async def test_answers_that_are_none_are_what_discord_py_makes_of_them(
    word: str, raised: type[Exception], posted: int, sandbox: Sandbox, worker: discord.Client
) -> None:
    sandbox.platform.faults.add(POST, word, times=1)
    with pytest.raises(raised):
        await sandbox.channel(worker).send("x")
    assert len(sandbox.platform.messages("general")) == posted


async def test_a_limit_is_waited_for_by_discord_py_as_long_as_it_says(sandbox: Sandbox, worker: discord.Client) -> None:
    sandbox.platform.faults.add(POST, "429", times=1, retry_after="0.2")
    began = time.monotonic()
    await sandbox.channel(worker).send("x")
    assert time.monotonic() - began >= 0.2


async def test_true_limits_count_by_route_and_channel_and_say_so_before_they_bite(
    sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    turn(sandbox, "limits", "true")
    answers = [await _said(http, f"{n}") for n in range(6)]
    assert [each.status_code for each in answers] == [200] * 5 + [429]
    assert [each.headers["x-ratelimit-remaining"] for each in answers] == ["4", "3", "2", "1", "0", "0"]
    assert 0 < answers[-1].json()["retry_after"] <= 5
    elsewhere = await http.post(f"/channels/{CHANNEL_IDS['video']}/messages", json={"content": "x"})
    assert elsewhere.status_code == 200


async def test_the_whole_application_is_limited_as_well(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    turn(sandbox, "limits", "true")
    answers = await asyncio.gather(*(http.get(f"/channels/{GENERAL}") for _ in range(70)))
    refused = [each for each in answers if each.status_code == 429]
    assert 0 < len(refused) <= 20
    assert all(each.json()["global"] and each.headers["x-ratelimit-scope"] == "global" for each in refused)


async def test_threads_can_be_few_and_slow(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    turn(sandbox, "threads_per_10s", 2)
    turn(sandbox, "thread_s", 0.1)
    roots = [(await _said(http)).json()["id"] for _ in range(3)]
    began = time.monotonic()
    opened = [await http.post(f"{MESSAGES}/{root}/threads", json={"name": "fox"}) for root in roots]
    assert [each.status_code for each in opened] == [201, 201, 429]
    assert time.monotonic() - began >= 0.2


async def test_threads_can_be_locked_archived_and_deleted(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    root = (await _said(http)).json()["id"]
    await http.post(f"{MESSAGES}/{root}/threads", json={"name": "fox"})
    inside = f"/channels/{root}/messages"
    told = (await http.post(inside, json={"content": "x"})).json()["id"]
    turn(sandbox, "archived_threads", ["general"])
    assert (await http.patch(f"{inside}/{told}", json={"content": "y"})).json()["code"] == 50083
    turn(sandbox, "locked_threads", ["general"])
    assert (await http.post(inside, json={"content": "x"})).json()["code"] == 160005
    turn(sandbox, "deleted_threads", ["general"])
    assert (await http.post(inside, json={"content": "x"})).json()["code"] == 10003
    assert sandbox.platform.messages("general")[0]["thread"] == []


async def test_permissions_are_taken_by_channel_and_given_back(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    turn(sandbox, "no_send_messages", ["general"])
    assert (await _said(http)).json()["code"] == 50013
    turn(sandbox, "no_view_channel", ["general"])
    assert (await _said(http)).json()["code"] == 50001
    for name in ("no_send_messages", "no_view_channel"):
        turn(sandbox, name, [])
    assert (await _said(http)).status_code == 200


async def test_direct_messages_can_be_closed(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    turn(sandbox, "closed_dms", ["ana"])
    channel = (await http.post("/users/@me/channels", json={"recipient_id": sandbox.platform.people[0].id})).json()
    refused = await http.post(f"/channels/{channel['id']}/messages", json={"content": "x"})
    assert refused.json()["code"] == 50007


@pytest.mark.parametrize("code", [4004, 4014])
async def test_the_gateway_can_end_every_connection_for_good(code: int, sandbox: Sandbox) -> None:
    turn(sandbox, "gateway_closes", str(code))
    client = discord.Client(intents=discord.Intents.none())
    with pytest.raises((discord.ConnectionClosed, discord.PrivilegedIntentsRequired)) as closed:
        await client.start("sandbox-discord-token")
    assert getattr(closed.value, "code", 4014) == code
    await client.close()
    turn(sandbox, "gateway_closes", "none")
    await until(lambda: sandbox.platform.gateway.connected == 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("limits", "sometimes"), ("thread_s", -1), ("closed_dms", ["zoe"]), ("expired_tokens", "yes"), ("closed_dms", 3)],
)
async def test_what_cannot_be_set_is_refused(name: str, value: Any, sandbox: Sandbox) -> None:
    with pytest.raises(BadInput):
        turn(sandbox, name, value)
    assert GUILD_ID
