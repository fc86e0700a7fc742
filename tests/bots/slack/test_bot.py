"""The Slack bot as it is: commands and presses in over a real socket, and what Slack's API and Postgres received."""

import asyncio
import re
from uuid import uuid4

import pytest

from bots.slack.api.places import unpacked
from bots.slack.delivery.chat import SlackChat
from core.db.pool import Pool
from core.domain.ids import Thread
from core.domain.requests.tiers import TierName
from core.ports import Chat
from core.replies.chat.card import Card
from core.replies.generations.progress import progress
from core.replies.generations.results import result
from core.replies.generations.view import View
from sandbox.slack import Slack
from sandbox.world import FaultKind
from tests.bots.conftest import (
    AWAY,
    FREE,
    NO_REDIS,
    Noted,
    OpenService,
    all_generations,
    charges,
    hurry,
    only_generation,
    root_is_due,
)
from tests.bots.slack.conftest import OpenBot, whisper
from tests.core.terms import terms
from tests.patience import in_time, until


async def _opened(house: Pool) -> bool:
    return bool(await house.fetchval("SELECT count(*) FROM generations WHERE thread IS NOT NULL"))


async def test_a_command_opens_a_root_message_and_its_thread_is_recorded(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        heard = await slack.say(channel="general", user="ana", text="/video a *red* fox tier:pro seconds:5")
        assert heard.ok
        await until(lambda: noted.sent)
    (root,) = slack.messages("general")
    price = terms().tier_prices()[TierName.PRO]
    title, facts = root["text"].splitlines()
    assert title == "a *red* fox"
    assert facts.startswith("asked by ana · pro tier · 5 s · 16:9 · up to ")
    generation = await only_generation(house)
    assert [sent for sent, _ in noted.sent] == [generation.id], "the worker was not told"
    assert generation.thread is not None
    assert (unpacked(generation.thread).channel, unpacked(generation.thread).ts) == ("C0GENERAL", root["id"])
    assert generation.consumed <= price
    assert slack.whispers("general", "ana") == []


async def test_help_is_for_the_person_alone_and_costs_nothing(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text="/video help")
        assert "/video a red fox in the snow tier:pro" in await whisper(slack)
    assert slack.messages("general") == []
    assert await all_generations(house) == []


async def test_credits_begin_with_the_balance(slack: Slack, open_service: OpenService, open_bot: OpenBot) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text="/credits")
        said = await whisper(slack)
    assert re.findall(r"[\d,]+", said)[0] == f"{FREE:,}"


async def test_a_no_is_for_the_person_alone_and_says_what_to_do(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    expected = {
        "/video a fox seconds:99": "Ask for 2 to 15 seconds",
        "/video a fox tier:mega": "It can be default, ultra, pro, standard or draft",
        "/video a fox seconds:soon": "It is a number, like this: seconds:8",
        "/video tier:pro": "Describe it after the command",
        f"/video {'a' * 4001}": "4,000 is the limit",
        "/video a fox": "Nothing was taken. It is enough for tier:draft",
    }
    async with open_service(free_credits=50) as video_service, open_bot(video_service):
        for n, (text, words) in enumerate(expected.items()):
            await slack.say(channel="general", user="ana", text=text)
            assert words in await whisper(slack, earlier=n)
    assert slack.messages("general") == []
    assert await all_generations(house) == []


async def test_where_the_bot_may_not_write_the_person_is_told_and_a_worker_finds_another_place(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="quiet", user="ana", text="/video a red fox")
        assert "/invite @Neverdark" in await whisper(slack, channel="quiet")
    assert (await only_generation(house)).thread is None
    assert await root_is_due(house)


async def test_the_same_envelope_again_makes_one_generation_one_charge_and_one_root(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text="/video a red fox")
        await asyncio.gather(slack.redeliver(), slack.redeliver())
        await until(lambda: _opened(house))
        await slack.redeliver()
    assert len(slack.messages("general")) == 1
    assert len(await all_generations(house)) == await charges(house) == 1


async def test_without_postgres_what_was_typed_comes_back_in_time_and_nothing_was_taken(
    slack: Slack, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service(dsn=AWAY) as video_service, open_bot(video_service), in_time(3):
        await slack.say(channel="general", user="ana", text="/video a red fox")
        said = await whisper(slack)
    assert "Nothing was taken" in said
    assert "try again" in said
    sentence, *typed = said.splitlines()
    assert sentence.endswith("a minute.")
    assert typed == ["Here is what you typed, to copy and send again:", "a red fox"]
    assert slack.messages("general") == []


async def test_without_redis_the_person_notices_nothing(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service(redis=NO_REDIS) as video_service, open_bot(video_service), in_time(3):
        await slack.say(channel="general", user="ana", text="/video a red fox")
        await until(lambda: _opened(house))
    assert len(slack.messages("general")) == 1


async def test_while_slack_takes_no_messages_the_order_is_kept_and_its_root_is_a_workers(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text="/credits")
        await whisper(slack)  # Slack was asked who ana is, which comes after the acknowledgement
        slack.world.switch("slack", FaultKind.DOWN)
        await slack.say(channel="general", user="ana", text="/video a red fox")
        await until(lambda: root_is_due(house))
    assert len(await all_generations(house)) == 1


async def test_the_cancel_button_is_for_whoever_asked_and_for_admins(
    slack: Slack, house: Pool, chat: SlackChat, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ben", text="/video a red fox")
        await until(lambda: _opened(house))
        message = await _show_progress(house, chat)

        assert (await slack.press(channel="general", message=message, action="cancel", user="cleo")).ok
        assert "not yours to cancel" in await whisper(slack, user="cleo")
        assert (await only_generation(house)).cancel_requested_at is None

        await slack.press(channel="general", message=message, action="cancel", user="ben")
        assert "Cancelling" in await whisper(slack, user="ben")
        first = (await only_generation(house)).cancel_requested_at
        assert first is not None

        await slack.press(channel="general", message=message, action="cancel", user="ana")
        assert "Cancelling" in await whisper(slack, user="ana")


async def test_a_button_of_something_that_is_gone_says_so(
    slack: Slack, house: Pool, chat: SlackChat, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text="/video a red fox")
        await until(lambda: _opened(house))
        message = await _show_progress(house, chat)
        await house.execute("DELETE FROM deliveries")
        await house.execute("DELETE FROM generations")
        await slack.press(channel="general", message=message, action="cancel", user="ana")
        assert "do not have this video any more" in await whisper(slack)


async def test_make_another_asks_for_the_same_once_more_in_a_thread_of_its_own(
    slack: Slack, house: Pool, chat: SlackChat, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text="/video a red fox tier:draft seed:7")
        await until(lambda: _opened(house))
        message = await _show_result(house, chat)
        await slack.press(channel="general", message=message, action="again", user="ben")
        await until(lambda: len(slack.messages("general")) == 2)
    first, second = await all_generations(house)
    assert (first.request.prompt, first.request.tier) == (second.request.prompt, second.request.tier)
    assert (first.request.seed, second.request.seed) == (7, None)
    assert (first.user_id, second.user_id) == ("U0ANA", "U0BEN")
    assert slack.messages("general")[1]["text"].startswith("a red fox\nasked by ben")


async def _show_progress(house: Pool, chat: Chat[Card]) -> str:
    return await _show(house, chat, progress)


async def _show_result(house: Pool, chat: Chat[Card]) -> str:
    return await _show(house, chat, result)


async def _show(house: Pool, chat: Chat[Card], card) -> str:
    generation = await only_generation(house)
    view = View(generation=generation, attempts=(), labels={}, now=generation.created_at)
    return await chat.post(Thread(generation.thread or ""), card(view), key=uuid4())


async def test_without_a_worker_the_person_is_told_that_the_video_waits(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch)
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text="/video a red fox")
        said = await whisper(slack)
        await until(lambda: _opened(house))
    assert "waiting for a worker" in said
    assert "Nothing is lost" in said
    (root,) = slack.messages("general")
    assert "waiting for a worker" not in root["text"], "a worker would have to take it away again"
