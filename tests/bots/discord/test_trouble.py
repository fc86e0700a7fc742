"""The Discord bot where Discord is rude: slow and few threads, missing permissions, dead tokens, final closes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import asyncpg
import pytest

from bots import burst
from bots.discord.__main__ import _run, build
from bots.discord.api.places import unpacked
from bots.discord.delivery.chat import DiscordChat
from bots.discord.gateway.closes import FATAL
from bots.discord.settings import DiscordSettings
from core.db.pool import Pool
from core.domain.ids import Thread
from core.replies.chat.card import Card
from core.settings import SettingsError
from sandbox.discord import BOT_TOKEN, Rules
from sandbox.discord.fixtures import CHANNEL_IDS, PEOPLE
from sandbox.discord.model import Content
from sandbox.platform import Heard
from sandbox.switches import Value
from tests.bots.conftest import OpenService, all_generations, charges, only_generation
from tests.bots.discord.conftest import UPLOAD_MAX, OpenBot
from tests.patience import until
from tests.sandbox.discord.harness import Sandbox

PLENTY = 1_000_000
on_a_busy_machine = pytest.mark.parametrize("rules", [Rules(hang_s=1, retry_after_s=40, answer_s=30)], ids=["patient"])
"""The order of things is what counts: a machine that is busy for more than 3 s is nobody's fault."""


def turn(sandbox: Sandbox, name: str, value: Value) -> None:
    next(switch for switch in sandbox.platform.switches if switch.name == name).turn(value)


async def _say(sandbox: Sandbox, text: str, *, user: str = "ana", channel: str = "general") -> Heard:
    return await sandbox.platform.say(channel=channel, user=user, text=text)


@asynccontextmanager
async def _saying(sandbox: Sandbox, text: str, *, user: str = "ana") -> AsyncIterator[None]:
    """Say it without waiting for an answer, which may never come."""
    said = asyncio.create_task(_say(sandbox, text, user=user))
    try:
        yield
    finally:
        said.cancel()


def _acknowledgements(sandbox: Sandbox) -> list[str]:
    return [each.path for each in sandbox.platform.exchanges if each.path.endswith("/callback")]


async def _all_recorded(house: Pool, count: int) -> bool:
    recorded: int = await house.fetchval("SELECT count(*) FROM deliveries WHERE kind = 'root' AND state = 'done'")
    return recorded == count


@pytest.mark.parametrize("code", FATAL)
async def test_a_close_that_is_final_is_one_sentence_and_the_end(
    code: int, sandbox: Sandbox, open_service: OpenService
) -> None:
    turn(sandbox, "gateway_closes", str(code))
    async with open_service() as video_service, asyncio.timeout(10):
        bot = build(video_service, DiscordSettings(discord_upload_max=UPLOAD_MAX))  # type: ignore[call-arg]  # the rest has defaults
        with pytest.raises(SettingsError) as ended:
            await _run(bot, BOT_TOKEN)
        await bot.close()
    assert str(ended.value) == FATAL[code]
    assert "\n" not in str(ended.value)


async def test_another_close_is_resumed_from(sandbox: Sandbox, open_service: OpenService, open_bot: OpenBot) -> None:
    async with open_service() as video_service, open_bot(video_service):
        gateway = sandbox.platform.gateway
        before = set(gateway._connections)
        gateway.drop()
        await until(lambda: gateway.connected == 1 and not before & set(gateway._connections))
        assert (await _say(sandbox, "/video help")).ok


@pytest.mark.parametrize(
    ("lacking", "words"),
    [
        ("attach_files", "Attach Files"),
        ("embed_links", "Embed Links"),
        ("send_messages", "Send Messages"),
        ("send_messages_in_threads", "Send Messages in Threads"),
        ("view_channel", "View Channel"),
        ("read_message_history", "Read Message History"),
    ],
)
async def test_a_missing_permission_is_named_before_anything_is_taken_and_once_a_day_to_the_admins(
    lacking: str,
    words: str,
    sandbox: Sandbox,
    house: Pool,
    administrator: asyncpg.Connection,
    open_service: OpenService,
    open_bot: OpenBot,
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await _say(sandbox, "/credits")  # the team is known
        await administrator.execute(
            "UPDATE team SET alert_channel = 'alerts', alert_platform = 'discord', alert_installation = 'x'"
        )
        turn(sandbox, f"no_{lacking}", ["general"])
        for _ in range(2):
            heard = await _say(sandbox, "/video a red fox", user="ben")
            (said,) = heard.ephemeral
            assert said.splitlines()[0] == f"I need {words} in #general"
        turn(sandbox, f"no_{lacking}", [])
        assert (await _say(sandbox, "/video a red fox")).ok
        await until(lambda: _all_recorded(house, 1))
    assert await charges(house) == 1
    assert await house.fetch("SELECT kind, detail FROM alert") == [("permissions", f"{words} in #general")]


async def test_after_two_results_that_did_not_arrive_a_channel_takes_no_more_before_a_check_passes(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        for n in range(3):
            heard = await _say(sandbox, f"/video fox {n}")
            if n < 2:
                await until(partial(_all_recorded, house, n + 1))
                await house.execute(
                    "INSERT INTO deliveries (generation_id, kind, key) SELECT id, 'result', gen_random_uuid() "
                    "FROM generations g WHERE NOT EXISTS (SELECT FROM deliveries WHERE generation_id = g.id "
                    "AND kind = 'result')"
                )
                await house.execute("UPDATE deliveries SET state = 'gone' WHERE kind = 'result' AND state = 'due'")
                sandbox.platform.faults.add("POST /channels/{channel}/typing", "50013")
        (said,) = heard.ephemeral
        assert "could not be posted here" in said
        assert await charges(house) == 2
        sandbox.platform.faults.lift()
        assert (await _say(sandbox, "/video fox 3")).ephemeral == (), "the check passed"
        await until(lambda: _all_recorded(house, 3))
        await house.execute("UPDATE channel_trouble SET undelivered = 2")
        assert (await _say(sandbox, "/video fox 4")).ephemeral, "the check has passed a moment ago, and nothing arrived"
        assert (await _say(sandbox, "/video fox 5", channel="video")).ephemeral == ()


@on_a_busy_machine
async def test_a_raid_with_few_threads_gives_each_its_root_once_and_leaves_no_thread_empty(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    """Few threads may open, the first of them slowly: who stands behind is answered below the root message."""
    turn(sandbox, "threads_per_10s", 3)
    turn(sandbox, "thread_s", 2)
    async with open_service(free_credits=PLENTY) as video_service, open_bot(video_service):
        heard = await asyncio.gather(*(_say(sandbox, f"/video fox {n}") for n in range(100)))
        async with asyncio.timeout(60):
            while not await _all_recorded(house, 100):  # noqa: ASYNC110 - what is waited for happens in a database
                await asyncio.sleep(0.1)
    assert all(each == Heard(ok=True) for each in heard)
    roots = sandbox.platform.messages("general")
    assert len(roots) == 100
    places = [unpacked(Thread(each.thread or "")) for each in await all_generations(house)]
    below = [place for place in places if not place.is_thread]
    assert len({place.reply_to for place in below}) == len(below) >= 90
    assert {str(place.reply_to) for place in below} <= {root["id"] for root in roots}
    threads = sandbox.platform._store.channels[CHANNEL_IDS["general"]].threads
    assert set(threads) == {place.channel for place in places if place.is_thread}, "a thread that nobody uses"


async def test_a_root_whose_thread_is_pending_is_found_by_its_id_however_much_was_posted_since(
    sandbox: Sandbox, house: Pool, chat: DiscordChat, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        sandbox.platform.faults.add("PATCH /webhooks/{application}/{token}/messages/@original", "http_404", times=1)
        async with _saying(sandbox, "/video a red fox"):  # nothing is to be seen of the answer that was refused
            await until(lambda: _due(house))
    general = sandbox.platform._store.channels[CHANNEL_IDS["general"]]
    for n in range(120):
        sandbox.platform._store.post(general, author_id=int(PEOPLE[1].id), content=Content(text=f"chatter {n}"))
    generation = await only_generation(house)
    known = unpacked(generation.place)
    assert known.root is not None
    posted = await chat.open_thread(
        generation.place, Card(title="A new video"), key=generation.id, title="fox", look_first=True
    )
    assert posted.message == str(known.root)
    ours = [each for each in sandbox.platform.messages("general") if "A new video" in each["text"]]
    assert [each["id"] for each in ours] == [posted.message]


async def _due(house: Pool) -> bool:
    due: bool = await house.fetchval(
        "SELECT count(*) > 0 FROM deliveries WHERE kind = 'root' AND state = 'due' AND wake_at <= nd_now()"
    )
    return due


@on_a_busy_machine
async def test_a_burst_is_acknowledged_before_anything_is_asked_of_the_database(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    """Nobody is refused while all connections are busy for longer than the first word may take."""
    async with open_service(free_credits=PLENTY) as video_service, open_bot(video_service):
        held = [await video_service._runtime.pool.acquire() for _ in range(4)]
        saying = [asyncio.create_task(_say(sandbox, f"/video fox {n}")) for n in range(60)]
        await until(lambda: len(_acknowledgements(sandbox)) == 60)
        assert await charges(house) == 0
        await asyncio.sleep(2.0)  # longer than a connection was ever waited for
        for connection in held:
            await video_service._runtime.pool.release(connection)
        heard = await asyncio.gather(*saying)
        await until(lambda: _all_recorded(house, 60))
    assert all(each == Heard(ok=True) for each in heard)
    assert len(sandbox.platform.messages("general")) == await charges(house) == 60


@on_a_busy_machine
async def test_the_roots_of_a_burst_are_up_before_its_first_thread_opens(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(burst, "CALM_MOST_S", 60.0)
    async with open_service(free_credits=PLENTY) as video_service, open_bot(video_service):
        held = [await video_service._runtime.pool.acquire() for _ in range(4)]
        saying = [asyncio.create_task(_say(sandbox, f"/video fox {n}")) for n in range(20)]
        await until(lambda: len(_acknowledgements(sandbox)) == 20)
        for connection in held:
            await video_service._runtime.pool.release(connection)
        await asyncio.gather(*saying)
        await until(lambda: _all_recorded(house, 20))
    asked = [(each.method, each.path.rpartition("/")[2]) for each in sandbox.platform.exchanges]
    roots = [place for place, each in enumerate(asked) if each == ("PATCH", "@original")]
    threads = [place for place, each in enumerate(asked) if each == ("POST", "threads")]
    assert len(roots) == 20
    assert threads
    assert max(roots) < min(threads)


async def test_a_root_is_recorded_though_the_database_is_away_for_a_moment(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every session is cut between the submit and the record."""
    async with open_service() as video_service, open_bot(video_service):
        sandbox.platform.faults.add("POST /channels/{channel}/messages/{message}/threads", "hang", times=1)
        await _say(sandbox, "/video a red fox")
        await house.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid()"
        )
        await until(lambda: _all_recorded(house, 1))
    assert (await only_generation(house)).thread is not None


async def test_a_no_comes_alone_though_the_first_word_was_for_everybody(
    sandbox: Sandbox, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service(free_credits=1) as video_service, open_bot(video_service):
        heard = await _say(sandbox, "/video a red fox")
        assert "your team has" in heard.ephemeral[0]
        sandbox.platform.faults.add("POST /webhooks/{application}/{token}", "50027")
        async with _saying(sandbox, "/video a blue fox", user="ben"):  # its answer is refused
            await until(lambda: sandbox.platform.messages("@ben"))
    assert sandbox.platform.messages("general") == []
    (direct,) = sandbox.platform.messages("@ben")
    assert "your team has" in direct["text"]


def test_every_final_code_has_a_sentence_that_says_what_to_do() -> None:
    assert set(FATAL) == {4004, 4010, 4011, 4012, 4013, 4014}
    assert all(each.endswith(".") for each in FATAL.values())
