"""The Discord bot as it is: interactions in over a real gateway, and what Discord's API and Postgres received."""

import asyncio
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
import structlog

from bots.discord.api.places import unpacked
from bots.discord.delivery.chat import DiscordChat
from core.db.pool import Pool
from core.domain.ids import Thread
from core.domain.requests.request import Aspect
from core.domain.requests.tiers import TierName
from core.replies.chat.card import Card
from core.replies.generations.progress import progress
from core.replies.generations.results import result
from core.replies.generations.view import View
from sandbox.discord import GUILD_ID
from sandbox.discord.fixtures import BOT_PERMISSIONS, CHANNEL_IDS, Permission
from sandbox.platform import Heard
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
from tests.bots.discord.conftest import OpenBot
from tests.patience import in_time, until
from tests.sandbox.discord.harness import Sandbox


async def _say(sandbox: Sandbox, text: str, *, user: str = "ana", **where: Any) -> Heard:
    return await sandbox.platform.say(channel=where.pop("channel", "general"), user=user, text=text, **where)


async def _opened(house: Pool) -> bool:
    return bool(await house.fetchval("SELECT count(*) FROM generations WHERE thread IS NOT NULL"))


def _only(heard: Heard) -> str:
    (text,) = heard.ephemeral
    return text


async def test_a_command_opens_a_root_message_and_its_thread_is_recorded(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        typed = "/video a red fox tier:pro aspect:9:16 seconds:5 audio:on negative:text seed:7"
        assert await _say(sandbox, typed) == Heard(ok=True)
        await until(lambda: noted.sent)
    (root,) = sandbox.platform.messages("general")
    assert root["text"].splitlines()[0] == "a red fox"
    generation = await only_generation(house)
    assert [sent for sent, _ in noted.sent] == [generation.id], "the worker was not told"
    request = generation.request
    assert (request.prompt, request.tier, request.aspect) == ("a red fox", TierName.PRO, Aspect.TALL)
    assert (request.duration_s, request.audio, request.negative, request.seed) == (5, True, "text", 7)
    assert generation.thread is not None
    place = unpacked(generation.thread)
    assert (place.channel, place.guild, place.is_thread) == (int(root["id"]), GUILD_ID, True)
    (thread,) = [each["thread_name"] for each in sandbox.platform.drawn("general")]
    assert thread == "a red fox"


async def test_the_options_are_typed(sandbox: Sandbox, open_service: OpenService, open_bot: OpenBot) -> None:
    async with open_service() as video_service, open_bot(video_service):
        hints = {hint.command: hint for hint in sandbox.platform.commands()}
    options = {option["name"]: option for option in hints["/video"].options}
    named = ["prompt", "tier", "aspect", "seconds", "audio", "negative", "seed", "takes", "preset", "at"]
    references = [f"reference{n}" for n in range(1, 5)]
    assert list(options) == [*named, "image", "last_image", *references, "spoiler", "gallery"]
    assert [name for name, option in options.items() if option["required"]] == []
    assert options["aspect"]["choices"] == [aspect.value for aspect in Aspect]
    assert "/credits" in hints


async def test_help_is_for_the_person_alone_in_discords_own_words(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        said = _only(await _say(sandbox, "/video help"))
    assert "/video prompt: a red fox in the snow tier: pro aspect: 9:16 seconds: 8" in said
    assert "\\" not in said
    assert sandbox.platform.messages("general") == []
    assert await all_generations(house) == []


async def test_credits_begin_with_the_balance(sandbox: Sandbox, open_service: OpenService, open_bot: OpenBot) -> None:
    async with open_service() as video_service, open_bot(video_service):
        said = _only(await _say(sandbox, "/credits"))
    assert re.findall(r"[\d,]+", said)[0] == f"{FREE:,}"


async def test_each_line_of_the_log_names_the_command_that_it_is_about(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as said:
        async with open_service() as video_service, open_bot(video_service):
            await _say(sandbox, "/video a red fox")
            await _say(sandbox, "/video a blue fox")
            await until(lambda: _opened(house))
    taken = [line for line in said if line["event"] == "command.taken"]
    assert len({line["command_id"] for line in taken}) == 2
    assert [line["command_id"] for line in taken] == [line["event_id"] for line in taken]


async def test_a_no_is_for_the_person_alone(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service(free_credits=50) as video_service, open_bot(video_service):
        assert "enough for tier:draft" in _only(await _say(sandbox, "/video a red fox"))
    assert sandbox.platform.messages("general") == []
    assert await all_generations(house) == []


async def test_the_same_interaction_again_makes_one_generation_one_charge_and_one_root(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await _say(sandbox, "/video a red fox")
        await asyncio.gather(sandbox.platform.redeliver(), sandbox.platform.redeliver())
        await until(lambda: _opened(house))
    assert len(sandbox.platform.messages("general")) == 1
    assert len(await all_generations(house)) == await charges(house) == 1


async def test_a_refusal_of_a_command_that_comes_again_to_another_process_is_said_once(
    sandbox: Sandbox, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service(free_credits=50) as video_service, open_bot(video_service):
        _only(await _say(sandbox, "/video a red fox"))
    async with open_service(free_credits=50) as video_service, open_bot(video_service):
        with structlog.testing.capture_logs() as said:
            await sandbox.platform.redeliver()
            await until(lambda: any(line["event"] == "command.told_before" for line in said))
    interaction, _ = sandbox.platform._interactions._last_command or (None, "")
    assert interaction is not None
    assert len(interaction.mine) == 1


async def test_without_postgres_what_was_typed_comes_back_in_time_and_nothing_was_taken(
    sandbox: Sandbox, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service(dsn=AWAY) as video_service, open_bot(video_service), in_time(3):
        said = _only(await _say(sandbox, "/video a red fox"))
    assert "Nothing was taken" in said
    assert "try again" in said
    sentence, *typed = said.splitlines()
    assert sentence.endswith("a minute.")
    assert typed == ["Here is what you typed, to copy and send again:", "```", "a red fox", "```"]


async def test_without_redis_the_person_notices_nothing(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service(redis=NO_REDIS) as video_service, open_bot(video_service), in_time(3):
        assert await _say(sandbox, "/video a red fox") == Heard(ok=True)
        await until(lambda: _opened(house))


async def test_where_no_thread_can_be_opened_the_channel_is_the_thread(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    sandbox.platform.permit("general", BOT_PERMISSIONS & ~Permission.CREATE_PUBLIC_THREADS)
    async with open_service() as video_service, open_bot(video_service):
        await _say(sandbox, "/video a red fox")
        await until(lambda: _opened(house))
    place = unpacked(Thread((await only_generation(house)).thread or ""))
    assert (place.channel, place.is_thread) == (CHANNEL_IDS["general"], False)


async def test_a_command_in_a_thread_stays_in_that_thread(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await _say(sandbox, "/video a red fox")
        await until(lambda: _opened(house))
        (root,) = sandbox.platform.messages("general")
        await _say(sandbox, "/video another fox", thread=root["id"])
        await until(lambda: _two_opened(house))
    first, second = await all_generations(house)
    assert first.thread is not None
    assert second.thread is not None
    assert unpacked(first.thread).channel == unpacked(second.thread).channel == int(root["id"])


async def _two_opened(house: Pool) -> bool:
    opened: int = await house.fetchval("SELECT count(*) FROM generations WHERE thread IS NOT NULL")
    return opened == 2


async def test_a_root_whose_answer_was_lost_is_adopted_by_the_worker(
    sandbox: Sandbox, house: Pool, chat: DiscordChat, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        sandbox.world.switch("discord", FaultKind.LOST_REPLY)
        await _say(sandbox, "/video a red fox")
        await until(lambda: root_is_due(house))
        sandbox.world.calm()
    generation = await only_generation(house)
    posted = await chat.open_thread(generation.place, Card(title="again"), key=uuid4(), title="fox", look_first=True)
    (root,) = sandbox.platform.messages("general")
    assert (posted.message, unpacked(posted.thread).channel) == (root["id"], int(root["id"]))
    assert root["text"].startswith("a red fox")


async def test_the_cancel_button_is_for_whoever_asked_and_for_admins(
    sandbox: Sandbox, house: Pool, chat: DiscordChat, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await _say(sandbox, "/video a red fox", user="ben")
        await until(lambda: _opened(house))
        message, action = await _show(house, chat, sandbox, progress)

        async def press(user: str) -> str:
            return _only(await sandbox.platform.press(channel="general", message=message, action=action, user=user))

        assert "not yours to cancel" in await press("cleo")
        assert (await only_generation(house)).cancel_requested_at is None
        assert "Cancelling" in await press("ben")
        assert (await only_generation(house)).cancel_requested_at is not None
        assert "Cancelling" in await press("ana")


async def test_a_button_works_after_a_restart_of_the_bot(
    sandbox: Sandbox, house: Pool, chat: DiscordChat, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service:
        async with open_bot(video_service):
            await _say(sandbox, "/video a red fox tier:draft seed:7")
            await until(lambda: _opened(house))
            message, action = await _show(house, chat, sandbox, result)
        async with open_bot(video_service):
            await sandbox.platform.press(channel="general", message=message, action=action, user="ben")
            await until(lambda: _two_opened(house))
    first, second = await all_generations(house)
    assert (first.request.prompt, first.request.tier) == (second.request.prompt, second.request.tier)
    assert (first.request.seed, second.request.seed) == (7, None)
    assert first.user_id != second.user_id


async def test_a_button_of_something_that_is_gone_says_so(
    sandbox: Sandbox, house: Pool, chat: DiscordChat, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await _say(sandbox, "/video a red fox")
        await until(lambda: _opened(house))
        message, action = await _show(house, chat, sandbox, result)
        await house.execute("DELETE FROM deliveries")
        await house.execute("DELETE FROM generations")
        heard = await sandbox.platform.press(channel="general", message=message, action=action, user="ana")
    assert "do not have this video any more" in _only(heard)


async def test_in_direct_messages_a_person_is_a_team_of_their_own(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await _say(sandbox, "/video a red fox", channel="@ana")
        await until(lambda: _opened(house))
    generation = await only_generation(house)
    assert generation.installation.startswith("user:")
    assert unpacked(Thread(generation.thread or "")).guild is None


async def _show(house: Pool, chat: DiscordChat, sandbox: Sandbox, card: Callable[[View], Card]) -> tuple[str, str]:
    """Post a card as the worker does; gives the message and its first button."""
    generation = await only_generation(house)
    view = View(generation=generation, attempts=(), labels={}, now=generation.created_at)
    message = await chat.post(Thread(generation.thread or ""), card(view), key=uuid4())
    (root,) = sandbox.platform.messages("general")
    (shown,) = [reply for reply in root["thread"] if reply["id"] == message]
    return message, str(shown["actions"][0]["action"])


async def test_without_a_worker_the_person_is_told_that_the_video_waits(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch)

    def told() -> list[str]:
        mine = [news["drawn"]["text"] for news in sandbox.world.recent if news["type"] == "ephemeral"]
        return [text for text in mine if "waiting for a worker" in text]

    async with open_service() as video_service, open_bot(video_service):
        await _say(sandbox, "/video a red fox")
        await until(told)
        await until(lambda: _opened(house))
    (said,) = told()
    assert "Nothing is lost" in said
    (root,) = sandbox.platform.messages("general")
    assert "waiting for a worker" not in root["text"], "a worker would have to take it away again"
