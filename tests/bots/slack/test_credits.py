"""/credits in Slack: words in over a real socket, cards out to the person alone, and what the ledger has then."""

import asyncio
from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest

from bots.slack.credits.credit_words import parse
from bots.slack.delivery.chat import client
from bots.slack.drawing import render
from core.db.pool import Pool
from core.domain.credits.credit_commands import (
    CreditCommand,
    Give,
    Join,
    Part,
    SetBudget,
    SetLimits,
    ShowBalance,
    ShowBudgets,
    ShowCode,
    ShowHistory,
    ShowLimits,
    ShowMonth,
    Whose,
)
from core.domain.credits.money import BudgetPeriod, BudgetScope
from core.domain.generations.generation import State
from core.domain.ids import ChannelId, UserId
from core.domain.requests.refusals import Incomplete, WrongAmount
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import TierName
from core.replies.generations.approval import asking
from sandbox.slack import BOT_TOKEN, Slack
from tests.bots.conftest import FREE, Noted, OpenService, all_generations, charges, only_generation
from tests.bots.slack.conftest import OpenBot, whisper
from tests.core.terms import terms
from tests.patience import until

HERE = ChannelId("C0GENERAL")
EACH = Whose(scope=BudgetScope.MEMBER)


def _budget(whose: Whose, cap: int | None, period: BudgetPeriod = BudgetPeriod.MONTH) -> SetBudget:
    return SetBudget(whose=whose, period=period, cap=cap)


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("", ShowBalance()),
        ("history", ShowHistory()),
        ("Month", ShowMonth()),
        ("budget", ShowBudgets()),
        ("budget <@U0BEN|ben> 500", _budget(replace(EACH, user=UserId("U0BEN")), 500)),
        ("budget <@U0BEN|Ben of Sales> 1,500 a month", _budget(replace(EACH, user=UserId("U0BEN")), 1500)),
        ("budget <#C0VIDEO> 40 per day", _budget(
            Whose(scope=BudgetScope.CHANNEL, channel=ChannelId("C0VIDEO")), 40, BudgetPeriod.DAY)),
        ("budget members 0", _budget(EACH, 0)),
        ("budget team off", _budget(Whose(scope=BudgetScope.TEAM), None)),
        ("limits", ShowLimits()),
        ("limits approval 400", SetLimits(approval_above=400)),
        ("limits approval off", SetLimits(asks_nobody=True)),
        ("limits low 20", SetLimits(low_balance=20)),
        ("limits alerts off", SetLimits(no_alerts=True)),
        ("gift <@U0BEN> 40", Give(receiver=UserId("U0BEN"), amount=40)),
        ("grant 40 to <@U0BEN|ben> from <@U0ANA|ana>", Give(
            receiver=UserId("U0BEN"), amount=40, giver=UserId("U0ANA"))),
        ("link", ShowCode()),
        ("link ABCDE-FGHJK", Join("ABCDE-FGHJK")),
        ("unlink", Part()),
    ],
)  # fmt: skip
def test_words_are_credit_commands(typed: str, command: CreditCommand) -> None:
    assert parse(typed, here=HERE) == command


@pytest.mark.parametrize(
    "typed", ["what", "budget @ben 500", "budget 500", "limits approval", "limits what 5", "gift <@U0BEN>", "grant 5"]
)
def test_what_is_not_understood_is_answered_with_examples(typed: str) -> None:
    with pytest.raises(Incomplete) as refusal:
        parse(typed, here=HERE)
    assert all(line.startswith("/credits") for line in refusal.value.usage)


@pytest.mark.parametrize("amount", ["-5", "a lot", "5.5", "9" * 12, "٣"])
def test_what_is_no_number_of_credits_is_refused(amount: str) -> None:
    with pytest.raises(WrongAmount):
        parse(f"budget members {amount}", here=HERE)


async def _ask(slack: Slack, text: str, *, user: str = "ana", channel: str = "general") -> str:
    """What this person alone is told."""
    before = len(slack.whispers(channel, user))
    heard = await slack.say(channel=channel, user=user, text=text)
    assert heard.ok, heard
    return await whisper(slack, channel=channel, user=user, earlier=before)


async def test_the_balance_tells_where_the_month_went_and_what_budgets_leave(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await _ask(slack, "/credits budget members 900")
        await slack.say(channel="general", user="ben", text="/video a red fox tier:draft")
        await until(lambda: charges(house))
        price = terms().quote(VideoRequest(prompt="a red fox", tier=TierName.DRAFT)).credits
        said = await _ask(slack, "/credits", user="ben")
    assert said.splitlines()[0] == f"{FREE - price:,} credits left"
    assert f"Set aside for 1 video under way: {price} credits." in said
    assert f"This month: {price} credits on 1 video." in said
    assert f"{price} of 900 credits spent, {900 - price} left" in said


async def test_help_tells_every_word_and_is_no_mistake(
    slack: Slack, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        said = await _ask(slack, "/credits help", user="ben")
    assert said.splitlines()[0] == "All about credits"
    assert "/credits history" in said
    assert "/credits link ABCDE-FGHJK" in said


@pytest.mark.parametrize(
    "typed", ["budget", "budget team 5", "limits", "limits approval 5", "link", "link ABCDE-FGHJK", "unlink"]
)
async def test_what_is_for_admins_is_refused_to_others_and_changes_nothing(
    slack: Slack,
    house: Pool,
    open_service: OpenService,
    open_bot: OpenBot,
    administrator: asyncpg.Connection,
    typed: str,
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        said = await _ask(slack, f"/credits {typed}", user="ben")
    assert "Only an admin may do this" in said
    assert await house.fetchval("SELECT count(*) FROM budget") == 0
    assert await administrator.fetchval("SELECT count(*) FROM link_code") == 0
    assert await house.fetchval("SELECT count(*) FROM team WHERE approval_above IS NOT NULL") == 0


async def test_no_word_makes_credits(slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await _ask(slack, "/credits budget members 500")
        await _ask(slack, "/credits grant @ben 100")
        await _ask(slack, "/credits gift @ben 50", user="cleo")
        assert "Only an admin may do this" in await _ask(slack, "/credits grant @ben 50 from @ana", user="cleo")
        assert "no 451 credits left to give" in await _ask(slack, "/credits gift @ben 451", user="cleo")
        assert "would change nothing" in await _ask(slack, "/credits gift @cleo 5", user="cleo")
    rows = await house.fetch("SELECT kind, sum(delta) AS delta FROM entry GROUP BY kind ORDER BY kind")
    assert {row["kind"]: row["delta"] for row in rows} == {"free": FREE, "gift": 0}


async def test_a_gift_that_comes_twice_is_given_once(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await _ask(slack, "/credits budget members 500")
        await _ask(slack, "/credits gift @ben 100")
        await asyncio.gather(slack.redeliver(), slack.redeliver())
    assert await house.fetchval("SELECT count(*) FROM gift") == 1


async def _asks(slack: Slack, house: Pool) -> UUID:
    """Ben's video waits for an admin; its question is up in the channel, as the worker would have put it there."""
    await _ask(slack, "/credits limits approval 10")
    await slack.say(channel="general", user="ben", text="/video a red fox")
    await until(lambda: all_generations(house))
    return (await only_generation(house)).id


async def test_a_video_above_the_threshold_opens_its_thread_and_takes_nothing(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await _asks(slack, house)
        await until(lambda: slack.messages("general"))
    assert (await only_generation(house)).state is State.ASKING
    assert await charges(house) == 0
    (root,) = slack.messages("general")
    assert root["text"].endswith("up to 480 credits")


async def test_pages_of_the_history_follow_each_other_in_place(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await _ask(slack, "/credits budget members 500")
        for n in range(10):
            await _ask(slack, f"/credits gift @ben {n + 1}")
        first = await _ask(slack, "/credits history")
        assert "gave 10 credits" in first
        assert "gave 1 credit " not in first
        shown = slack.whispers("general", "ana")[-1]
        assert [action["action"] for action in shown["actions"]] == ["page"]
        await slack.press(channel="general", message=shown["id"], action="page", user="ana")
        await until(lambda: "gave 1 credit " in str(slack.whispers("general", "ana")[-1]["text"]))
        older = slack.whispers("general", "ana")[-1]
    assert "free for this month" in older["text"]
    assert [action["label"] for action in older["actions"]] == ["Newer"]


async def test_what_others_asked_for_is_not_for_everybody(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ben", text="/video our secret launch tier:draft")
        await until(lambda: charges(house))
        assert "our secret launch" in await _ask(slack, "/credits history", user="ben")
        assert "our secret launch" in await _ask(slack, "/credits history", user="ana"), "an admin may see it"
        assert "secret" not in await _ask(slack, "/credits history", user="cleo")


async def test_the_month_is_a_table_for_one_person_and_leaves_no_file_behind(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ben", text="/video a red fox tier:draft")
        await until(lambda: charges(house))
        said = await _ask(slack, "/credits month", user="ben")
    assert said.splitlines()[0].startswith("The last 30 days: ")
    answers = [body for method, body in slack.requests if method == "response_url"]
    (table,) = [block for block in answers[-1]["blocks"] if block["type"] == "table"]
    head, *rows = [[cell["text"] for cell in row] for row in table["rows"]]
    assert (head[0], head[-2]) == ("Day", "In all")
    assert len(rows) == 1
    assert rows[0][-2] in said
    assert answers[-1]["response_type"] == "ephemeral"
    assert [method for method, _ in slack.requests if method.startswith("files.")] == []


async def test_where_slack_takes_no_table_the_figures_come_as_words(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ben", text="/video a red fox tier:draft")
        await until(lambda: charges(house))
        slack.faults.add("response_url", "http_400", times=1)
        assert "The last 30 days" in await _ask(slack, "/credits month", user="ben")
    last = [body for method, body in slack.requests if method == "response_url"][-1]
    assert "table" not in {block["type"] for block in last["blocks"]}


async def test_where_credits_are_sold_an_admin_without_enough_is_led_there_and_nobody_else(
    slack: Slack, open_service: OpenService, open_bot: OpenBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOPUP_URL", "https://shop.example/credits")
    async with open_service(free_credits=50) as video_service, open_bot(video_service):
        for user, expected in (("ana", ["link_0"]), ("ben", [])):
            await _ask(slack, "/video a red fox", user=user)
            told = slack.whispers("general", user)[-1]
            links = [action["action"] for action in told["actions"] if action["action"].startswith("link_")]
            assert links == expected


async def test_the_right_is_asked_for_at_every_press(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        waiting = await _asks(slack, house)
        posted = await _post(slack, render.blocks(asking(await only_generation(house))))
        for user, words in (("ben", "Only an admin"), ("ana", "on its way"), ("ana", "approved already")):
            before = len(slack.whispers("general", user))
            await slack.press(channel="general", message=posted, action="approve", user=user)
            assert words in await whisper(slack, user=user, earlier=before)
    row = await only_generation(house)
    assert (row.id, row.state, await charges(house)) == (waiting, State.QUEUED, 1)
    assert noted.sent[-1] == (row.id, row.version)


async def _post(slack: Slack, blocks: list[dict[str, object]]) -> str:
    """The question, as a worker posts it."""
    web = client(BOT_TOKEN, f"{slack.world.base_url}/slack/api/")
    answer = await web.chat_postMessage(channel="C0GENERAL", text="asks", blocks=blocks)
    return str(answer["ts"])
