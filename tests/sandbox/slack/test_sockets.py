"""Socket Mode with the unmodified clients: what a command's person sees, and what happens to connections."""

import asyncio
import json

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from sandbox.slack import APP_TOKEN, Slack
from tests.patience import until
from tests.sandbox.slack.conftest import client_for, connected


def _echo(app: AsyncApp) -> None:
    @app.command("/video")
    async def video(ack, command):
        await ack(text=f"heard {command['text']}")


def _never_acks(app: AsyncApp) -> None:
    @app.command("/video")
    async def video(command, respond):
        await respond(text="doing it anyway")


async def _open(slack: Slack) -> str:
    answer = await client_for(slack, APP_TOKEN).apps_connections_open(app_token=APP_TOKEN)
    return str(answer["url"])


async def test_a_command_carries_every_field_that_slack_documents(slack: Slack) -> None:
    seen: list[dict] = []

    def register(app: AsyncApp) -> None:
        @app.command("/video")
        async def video(ack, body):
            seen.append(body)
            await ack("ok")

    async with connected(slack, register):
        await slack.say(channel="quiet", user="ben", text="/video  a fox tier:pro ")
    (body,) = seen
    assert body["text"] == "a fox tier:pro"
    assert body["command"] == "/video"
    assert (body["team_id"], body["channel_id"], body["user_id"]) == ("T0SANDBOX", "C0QUIET", "U0BEN")
    assert body["channel_name"] == "privategroup"
    assert body["is_enterprise_install"] == "false"
    assert body["response_url"].startswith(f"{slack.world.base_url}/slack/response/")
    assert body["trigger_id"].count(".") == 2


async def test_without_a_connection_a_command_fails_at_once(slack: Slack) -> None:
    heard = await slack.say(channel="general", user="ana", text="/video a fox")
    assert not heard.ok
    assert heard.ephemeral == ('/video failed with the error "dispatch_failed"',)


async def test_a_command_without_an_ack_times_out_and_what_came_is_still_heard(slack: Slack) -> None:
    slack.sockets.ack_s = 0.5
    async with connected(slack, _never_acks):
        heard = await slack.say(channel="general", user="ana", text="/video a fox")
    assert not heard.ok
    assert heard.ephemeral == ("doing it anyway", '/video failed with the error "operation_timeout"')


async def test_a_command_that_nobody_has_is_refused_in_slacks_words(slack: Slack) -> None:
    async with connected(slack, _echo):
        heard = await slack.say(channel="general", user="ana", text="/nope a fox")
    assert not heard.ok
    assert heard.ephemeral[0].startswith("/nope is not a valid command. In Slack, all messages that start with")


async def test_a_command_in_a_thread_or_with_an_image_is_refused(slack: Slack) -> None:
    await slack.say(channel="general", user="ana", text="hello")
    (root,) = slack.messages("general")
    threaded = await slack.say(channel="general", user="ana", text="/video a fox", thread=root["id"])
    assert threaded.error == "/video is not supported in threads. Sorry!"
    pictured = await slack.say(channel="general", user="ana", text="/video a fox", image="http://127.0.0.1:1/a.png")
    assert not pictured.ok


async def test_two_people_hear_only_their_own_answers(slack: Slack) -> None:
    async with connected(slack, _echo):
        ana, ben = await asyncio.gather(
            slack.say(channel="general", user="ana", text="/video one"),
            slack.say(channel="general", user="ben", text="/video two"),
        )
    assert (ana.ephemeral, ben.ephemeral) == (("heard one",), ("heard two",))


async def test_redelivery_sends_the_same_bytes(slack: Slack) -> None:
    assert not (await slack.redeliver()).ok
    got: list[str] = []
    async with aiohttp.ClientSession() as session, session.ws_connect(await _open(slack)) as ws:
        assert json.loads(await ws.receive_str(timeout=2))["type"] == "hello"

        async def acknowledge() -> None:
            for n in range(2):
                got.append(await ws.receive_str(timeout=2))
                envelope_id = json.loads(got[-1])["envelope_id"]
                await ws.send_json({"envelope_id": envelope_id, "payload": {"text": f"answer {n}"}})

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(acknowledge())
            first = await slack.say(channel="general", user="ana", text="/video a fox")
            second = await slack.redeliver()
    assert got[0] == got[1]
    assert (first.ephemeral, second.ephemeral) == (("answer 0",), ("answer 1",))


async def test_envelopes_take_turns_on_the_connections(slack: Slack) -> None:
    took: list[str] = []

    def named(name: str):
        def register(app: AsyncApp) -> None:
            @app.command("/video")
            async def video(ack):
                took.append(name)
                await ack("ok")

        return register

    async with connected(slack, named("one")), connected(slack, named("two")):
        for _ in range(4):
            await slack.say(channel="general", user="ana", text="/video a fox")
    assert sorted(took) == ["one", "one", "two", "two"]
    assert took[0] != took[1]


async def test_a_client_that_is_asked_to_reconnect_does_so_and_works(slack: Slack) -> None:
    async with connected(slack, _echo):
        (before,) = slack.sockets.connections
        await slack.sockets.disconnect("refresh_requested")
        await until(lambda: slack.sockets.connections and slack.sockets.connections[0] is not before)
        heard = await slack.say(channel="general", user="ana", text="/video a fox")
        assert heard.ephemeral == ("heard a fox",)


async def test_a_client_whose_connection_is_lost_comes_back(slack: Slack) -> None:
    async with connected(slack, _echo):
        await slack.sockets.drop()
        assert not (await slack.say(channel="general", user="ana", text="/video a fox")).ok
        await until(lambda: slack.sockets.connections)
        assert (await slack.say(channel="general", user="ana", text="/video a fox")).ok


async def test_pings_of_the_client_are_answered(slack: Slack) -> None:
    async with connected(slack, _echo) as bot:
        first = bot.handler.client.last_ping_pong_time
        await until(lambda: (bot.handler.client.last_ping_pong_time or 0) > (first or 0))
        assert len(slack.sockets.connections) == 1


async def test_a_ticket_opens_one_connection(slack: Slack) -> None:
    url = await _open(slack)
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as ws:
            hello = json.loads(await ws.receive_str(timeout=2))
            assert hello["num_connections"] == 1
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


async def test_an_eleventh_connection_is_told_that_there_are_too_many(slack: Slack) -> None:
    async with aiohttp.ClientSession() as session:
        held = [await session.ws_connect(await _open(slack)) for _ in range(10)]
        async with session.ws_connect(await _open(slack)) as eleventh:
            told = json.loads(await eleventh.receive_str(timeout=2))
            assert (told["type"], told["reason"]) == ("disconnect", "too_many_websockets")
        for ws in held:
            await ws.close()


async def test_only_the_app_token_opens_a_connection(slack: Slack) -> None:
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        await client_for(slack).apps_connections_open(app_token="xoxb-sandbox")
    with pytest.raises(SlackApiError, match="invalid_auth"):
        await client_for(slack).apps_connections_open(app_token="xapp-wrong")


async def test_an_answer_in_the_channel_shows_the_command_too(slack: Slack) -> None:
    def register(app: AsyncApp) -> None:
        @app.command("/video")
        async def video(ack):
            await ack(text="for all", response_type="in_channel")

    async with connected(slack, register):
        heard = await slack.say(channel="general", user="ana", text="/video a <fox>")
    assert heard.ephemeral == ()
    said = [(message["user"], message["text"]) for message in slack.messages("general")]
    assert said == [("ana", "/video a <fox>"), ("Neverdark", "for all")]


async def test_an_ack_with_blocks_that_slack_refuses_fails_the_command(slack: Slack) -> None:
    def register(app: AsyncApp) -> None:
        @app.command("/video")
        async def video(ack):
            await ack(blocks=[{"type": "section"}])

    async with connected(slack, register):
        heard = await slack.say(channel="general", user="ana", text="/video a fox")
    assert heard.ephemeral == ('/video failed with the error "invalid_command_response"',)


async def test_a_person_brings_the_bot_into_a_channel_and_out_again(slack: Slack) -> None:
    client = client_for(slack)
    with pytest.raises(SlackApiError, match="channel_not_found"):
        await client.chat_postMessage(channel="C0QUIET", text="hi")
    assert (await slack.say(channel="quiet", user="ana", text="/invite @Neverdark")).ok
    await client.chat_postMessage(channel="C0QUIET", text="hi")
    assert (await slack.say(channel="general", user="ana", text="/remove @Neverdark")).ok
    await client.chat_postMessage(channel="C0GENERAL", text="hi")  # chat:write.public
    with pytest.raises(SlackApiError, match="not_in_channel"):
        await client.conversations_history(channel="C0GENERAL")
    assert (await client.conversations_join(channel="C0GENERAL"))["channel"]["is_member"]
    await client.chat_postMessage(channel="C0GENERAL", text="hi")
