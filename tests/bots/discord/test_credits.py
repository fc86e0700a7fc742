"""/credits in Discord: options in over a real gateway, embeds out to the person alone, and what the ledger has then."""

from typing import Any

import pytest

from bots.discord.chat import DiscordChat
from bots.discord.credit_options import Given, View, read
from bots.discord.credits import EXPORT
from bots.discord.places import Place
from core.db.credits import workspace_links
from core.db.people import teams
from core.db.pool import Pool
from core.domain.credits.credit_commands import (
    Give,
    Join,
    Order,
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
from core.domain.ids import ChannelId, Installation, PlatformName, UserId
from core.domain.requests.refusals import Incomplete
from core.replies.generations.approval import asking
from sandbox.discord.fixtures import CHANNEL_IDS, GUILD_ID
from tests.bots.conftest import FREE, OpenDesk, all_generations, charges, only_generation
from tests.bots.discord.conftest import OpenBot, until
from tests.sandbox.discord.harness import Sandbox

BEN = UserId("12")


@pytest.mark.parametrize(
    ("given", "order"),
    [
        (Given(view=View.BALANCE), ShowBalance()),
        (Given(view=View.HISTORY), ShowHistory()),
        (Given(view=View.MONTH), ShowMonth()),
        (Given(view=View.BUDGET), ShowBudgets()),
        (Given(view=View.BUDGET, member="12", amount="500"), SetBudget(
            whose=Whose(scope=BudgetScope.MEMBER, user=BEN), period=BudgetPeriod.MONTH, cap=500)),
        (Given(view=View.BUDGET, whose="team", amount="off"), SetBudget(
            whose=Whose(scope=BudgetScope.TEAM), period=BudgetPeriod.MONTH, cap=None)),
        (Given(view=View.BUDGET, channel=7, amount="40", period=BudgetPeriod.DAY), SetBudget(
            whose=Whose(scope=BudgetScope.CHANNEL, channel=ChannelId("7")), period=BudgetPeriod.DAY, cap=40)),
        (Given(view=View.LIMITS), ShowLimits()),
        (Given(view=View.LIMITS, approval="off", low="5"), SetLimits(asks_nobody=True, low_balance=5)),
        (Given(view=View.LIMITS, channel=7, guild=3), SetLimits(alerts_to=Place(channel=7, guild=3).packed())),
        (Given(view=View.LIMITS, whose="nobody"), SetLimits(no_alerts=True)),
        (Given(view=View.GRANT, member="12", amount="40"), Give(receiver=BEN, amount=40)),
        (Given(view=View.LINK), ShowCode()),
        (Given(view=View.LINK, code="ABCDE-FGHJK"), Join("ABCDE-FGHJK")),
        (Given(view=View.UNLINK), Part()),
    ],
)  # fmt: skip
def test_options_are_orders(given: Given, order: Order) -> None:
    assert read(given) == order


@pytest.mark.parametrize(
    "given",
    [
        Given(view=View.BUDGET, amount="5"),
        Given(view=View.BUDGET, member="12"),
        Given(view=View.BUDGET, member="12", whose="team", amount="5"),
        Given(view=View.LIMITS, whose="team"),
        Given(view=View.GRANT, member="12"),
    ],
)
def test_what_does_not_go_together_is_answered_with_examples(given: Given) -> None:
    with pytest.raises(Incomplete) as refusal:
        read(given)
    assert all(line.startswith("/credits view: ") for line in refusal.value.usage)


async def _ask(sandbox: Sandbox, text: str, *, user: str = "ana", **where: Any) -> str:
    """What this person alone is told."""
    heard = await sandbox.platform.say(channel=where.pop("channel", "general"), user=user, text=text, **where)
    assert heard.ok, heard
    (text,) = heard.ephemeral
    return text


async def test_the_views_are_offered_by_name(sandbox: Sandbox, open_desk: OpenDesk, open_bot: OpenBot) -> None:
    async with open_desk() as video_service, open_bot(video_service):
        hints = {hint.command: hint for hint in sandbox.platform.commands()}
    options = {option["name"]: option for option in hints["/credits"].options}
    assert options["view"]["choices"] == [*(view.value for view in View), EXPORT]
    assert not any(option["required"] for option in options.values())


async def test_an_admin_sets_what_others_are_bound_by(
    sandbox: Sandbox, house: Pool, open_desk: OpenDesk, open_bot: OpenBot
) -> None:
    async with open_desk() as video_service, open_bot(video_service):
        assert "Only an admin" in await _ask(sandbox, "/credits view:budget whose:team amount:1", user="ben")
        assert "20 credits a month" in await _ask(sandbox, "/credits view:budget member:@ben amount:20")
        assert "would go over your budget" in await _ask(sandbox, "/video a red fox", user="ben")
        assert "0 of 20 credits spent, 20 left" in await _ask(sandbox, "/credits", user="ben")
        await _ask(sandbox, "/credits view:limits channel:video low:100")
    place = await house.fetchval("SELECT alert_channel FROM team")
    assert place == Place(channel=CHANNEL_IDS["video"], guild=GUILD_ID).packed()
    assert await charges(house) == 0


async def test_a_thread_is_no_way_around_its_channels_budget(
    sandbox: Sandbox, house: Pool, open_desk: OpenDesk, open_bot: OpenBot
) -> None:
    async with open_desk() as video_service, open_bot(video_service):
        await sandbox.platform.say(channel="general", user="ben", text="/video a red fox tier:draft")
        await until(lambda: _opened(house))
        (root,) = sandbox.platform.messages("general")
        await _ask(sandbox, "/credits view:budget channel:general amount:20")
        said = await _ask(sandbox, "/video another fox", user="ben", thread=root["id"])
    assert "would go over this channel's budget" in said


async def _opened(house: Pool) -> bool:
    return bool(await house.fetchval("SELECT count(*) FROM generations WHERE thread IS NOT NULL"))


async def test_pages_of_the_history_follow_each_other_in_place(
    sandbox: Sandbox, house: Pool, open_desk: OpenDesk, open_bot: OpenBot
) -> None:
    async with open_desk() as video_service, open_bot(video_service):
        await _ask(sandbox, "/credits view:budget whose:members amount:500")
        for n in range(9):
            await _ask(sandbox, f"/credits view:grant member:@ben amount:{n + 1}")
        first = await _ask(sandbox, "/credits view:history")
    assert "gave 9 credits" in first
    assert "gave 1 credit " not in first


async def test_the_month_comes_with_a_picture(
    sandbox: Sandbox, house: Pool, open_desk: OpenDesk, open_bot: OpenBot
) -> None:
    async with open_desk() as video_service, open_bot(video_service):
        assert (await _ask(sandbox, "/credits view:month")).startswith("The last 30 days: 0 credits on 0 videos")


async def test_a_code_of_another_workspace_joins_this_server_to_its_credits_and_back(
    sandbox: Sandbox, house: Pool, open_desk: OpenDesk, open_bot: OpenBot
) -> None:
    elsewhere = {"platform": PlatformName("slack"), "installation": Installation("T1")}
    async with house.acquire() as conn:
        admin = await teams.ensure(conn, **elsewhere, user=UserId("U0ANA"), free_credits=777)
        code = (await workspace_links.link(conn, team_id=admin.team_id, member=admin.member_id)).code
    async with open_desk() as video_service, open_bot(video_service):
        assert "Only an admin" in await _ask(sandbox, f"/credits view:link code:{code}", user="ben")
        assert "Linked" in await _ask(sandbox, f"/credits view:link code:{code.lower()}")
        assert (await _ask(sandbox, "/credits", user="ben")).startswith("777 credits left")
        assert "share their credits already" not in await _ask(sandbox, f"/credits view:link code:{code}")
        assert "Unlinked" in await _ask(sandbox, "/credits view:unlink")
        assert (await _ask(sandbox, "/credits")).startswith(f"{FREE:,} credits left")
        assert "not linked" in await _ask(sandbox, "/credits view:unlink")


async def test_a_code_is_worth_no_more_than_its_makers_right(
    sandbox: Sandbox, house: Pool, open_desk: OpenDesk, open_bot: OpenBot
) -> None:
    asked: list[tuple[str, str]] = []

    async def check(_: Pool, installation: Installation, user: UserId) -> bool:
        asked.append((installation, user))
        return False

    async with house.acquire() as conn:
        admin = await teams.ensure(
            conn, platform=PlatformName("slack"), installation=Installation("T1"), user=UserId("U0ANA")
        )
        code = (await workspace_links.link(conn, team_id=admin.team_id, member=admin.member_id)).code
    async with open_desk() as video_service, open_bot(video_service):
        video_service.admins[PlatformName("slack")] = check
        for _ in range(2):
            assert "This code is not known" in await _ask(sandbox, f"/credits view:link code:{code}")
    assert asked == [("T1", "U0ANA")], "the first look makes the code worthless"


async def test_the_right_is_asked_for_at_every_press(
    sandbox: Sandbox, chat: DiscordChat, house: Pool, open_desk: OpenDesk, open_bot: OpenBot
) -> None:
    async with open_desk() as video_service, open_bot(video_service):
        await _ask(sandbox, "/credits view:limits approval:10")
        await sandbox.platform.say(channel="general", user="ben", text="/video a red fox")
        await until(lambda: _opened(house))
        waiting = (await all_generations(house))[0]
        posted = await chat.post(
            Place(channel=CHANNEL_IDS["video"], guild=GUILD_ID).packed(), asking(waiting), key=waiting.id
        )
        said = [
            (await sandbox.platform.press(channel="video", message=posted, action=action, user=user)).ephemeral[0]
            for user, action in (("ben", "decline"), ("ana", "approve"), ("ana", "decline"))
            for action in [_id(sandbox, posted, action)]
        ]
    assert [
        words in text for words, text in zip(("Only an admin", "on its way", "approved already"), said, strict=True)
    ] == [True] * 3
    assert ((await only_generation(house)).state, await charges(house)) == (State.QUEUED, 1)


def _id(sandbox: Sandbox, message: str, action: str) -> str:
    """The whole id of a button, which begins with what it does."""
    (found,) = [each for each in sandbox.platform.messages("video") if each["id"] == message]
    return next(str(each["action"]) for each in found["actions"] if str(each["action"]).startswith(f"nd:{action}:"))
