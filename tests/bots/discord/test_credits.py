"""/credits in Discord: menus and forms over a real gateway, cards to the person alone, and what the ledger has then."""

from dataclasses import replace
from typing import Any

import pytest

from bots.discord.api.places import Place
from bots.discord.credits.credit_forms import CreditForm, read
from bots.discord.credits.credits import SETTINGS
from bots.discord.delivery.chat import DiscordChat
from core.db.credits import workspace_links
from core.db.people import teams
from core.db.pool import Pool
from core.domain.credits.credit_commands import (
    CreditCommand,
    Give,
    Join,
    SetBudget,
    SetLimits,
    Whose,
)
from core.domain.credits.money import BudgetPeriod, BudgetScope
from core.domain.generations.generation import State
from core.domain.ids import ChannelId, Installation, PlatformName, UserId
from core.domain.requests.refusals import NotOnePlace, WrongAmount
from core.domain.rules.panels import Filled
from core.replies.generations.approval import asking
from sandbox.discord.fixtures import CHANNEL_IDS, GUILD_ID, PEOPLE_BY_NAME
from tests.bots.conftest import FREE, OpenService, all_generations, charges, only_generation
from tests.bots.discord.conftest import OpenBot
from tests.bots.discord.menus import choose, whisper
from tests.patience import until
from tests.places import workspace
from tests.sandbox.discord.harness import Sandbox

BEN = UserId("12")


@pytest.mark.parametrize(
    ("name", "given", "command"),
    [
        (CreditForm.BUDGET, {"member": ("12",), "amount": ("500",), "period": ("month",)}, SetBudget(
            whose=Whose(scope=BudgetScope.MEMBER, user=BEN), period=BudgetPeriod.MONTH, cap=500)),
        (CreditForm.BUDGET, {"whose": ("team",), "amount": ("off",), "period": ("month",)}, SetBudget(
            whose=Whose(scope=BudgetScope.TEAM), period=BudgetPeriod.MONTH, cap=None)),
        (CreditForm.BUDGET, {"channel": ("7",), "amount": ("40",), "period": ("day",)}, SetBudget(
            whose=Whose(scope=BudgetScope.CHANNEL, channel=ChannelId("7")), period=BudgetPeriod.DAY, cap=40)),
        (CreditForm.LIMITS, {"low": ("5",)}, SetLimits(asks_nobody=True, low_balance=5, no_alerts=True)),
        (CreditForm.LIMITS_ELSEWHERE, {"low": ("5",)}, SetLimits(asks_nobody=True, low_balance=5)),
        (CreditForm.LIMITS, {"approval": ("400",), "channel": ("7",)}, SetLimits(
            approval_above=400, low_balance=0, alerts_to=Place(channel=7, guild=3).packed(), alerts_in=ChannelId("7"))),
        (CreditForm.GIFT, {"member": ("12",), "amount": ("40",)}, Give(receiver=BEN, amount=40)),
        (CreditForm.GIFT_FROM, {"member": ("12",), "amount": ("40",), "giver": ("11",)},
            Give(receiver=BEN, amount=40, giver=UserId("11"))),
        (CreditForm.CODE, {"code": (" ABCDE-FGHJK ",)}, Join("ABCDE-FGHJK")),
    ],
)  # fmt: skip
def test_forms_are_credit_commands(name: CreditForm, given: Filled, command: CreditCommand) -> None:
    assert read(name, given, guild=3) == command


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"amount": ("5",), "period": ("month",)}, NotOnePlace),
        ({"member": ("12",), "whose": ("team",), "amount": ("5",), "period": ("month",)}, NotOnePlace),
        ({"member": ("12",), "amount": ("many",), "period": ("month",)}, WrongAmount),
    ],
)
def test_what_does_not_go_together_is_refused(given: Filled, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        read(CreditForm.BUDGET, given, guild=3)


async def _ask(sandbox: Sandbox, text: str, *, user: str = "ana", **where: Any) -> str:
    """What this person alone is told."""
    heard = await sandbox.platform.say(channel=where.pop("channel", "general"), user=user, text=text, **where)
    assert heard.ok, heard
    (text,) = heard.ephemeral
    return text


async def test_everybody_has_three_views_and_the_settings_are_shown_to_managers_alone(
    sandbox: Sandbox, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        hints = {hint.command: hint for hint in sandbox.platform.commands()}
        hidden = await sandbox.platform.say(channel="general", user="ben", text=SETTINGS)
    (view,) = hints["/credits"].options
    assert (view["choices"], view["required"]) == (["balance", "history", "month"], False)
    assert hints[SETTINGS].options == ()
    assert hidden.error == "You do not have permission to use this command."


async def test_a_form_about_limits_shows_what_holds_and_keeps_what_is_left_alone(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        video = str(CHANNEL_IDS["video"])
        said = await choose(sandbox, SETTINGS, "limits", {"approval": "300", "low": "100", "channel": video})
        assert "above 300 credits" in said
        assert "above 300 credits" in await choose(sandbox, SETTINGS, "limits")
        assert await house.fetchval("SELECT alert_channel FROM team") is not None
        assert "nowhere" in await choose(sandbox, SETTINGS, "limits", {"approval": "", "channel": ""})
    assert await house.fetchval("SELECT alert_channel FROM team") is None


async def test_a_form_that_nobody_of_ours_has_signed_changes_nothing(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        assert (await sandbox.platform.say(channel="general", user="ana", text=SETTINGS)).ok
        news = whisper(sandbox)
        action = next(each["action"] for each in news["drawn"]["actions"] if ":credits:code:" in each["action"])
        heard = await sandbox.platform.press(channel="general", user="ana", message=news["id"], action=action)
        assert heard.modal is not None
        opened = sandbox.platform._modals._open[heard.modal.id]
        forged = replace(opened, custom_id="nd:credits:code:AAAAAAAAAAA")
        sandbox.platform._modals._open[heard.modal.id] = forged
        heard = await sandbox.platform.submit(modal=heard.modal.id, user="ana", values={"code": "ABCDE-FGHJK"})
    assert "not one of mine" in heard.ephemeral[0] or "Nothing was changed" in heard.ephemeral[0]


async def test_an_admin_sets_what_others_are_bound_by(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        assert "Whom is the budget for" in await choose(sandbox, SETTINGS, "budget", {"amount": "20"})
        ben = {"member": PEOPLE_BY_NAME["ben"].id, "amount": "20"}
        assert "20 credits a month" in await choose(sandbox, SETTINGS, "budget", ben)
        assert "@ben a month" in await choose(sandbox, SETTINGS, "budgets")
        assert "would go over your budget" in await _ask(sandbox, "/video a red fox", user="ben")
        assert "0 of 20 credits spent, 20 left" in await _ask(sandbox, "/credits", user="ben")
        await choose(sandbox, SETTINGS, "limits", {"channel": str(CHANNEL_IDS["video"]), "low": "100"})
    place = await house.fetchval("SELECT alert_channel FROM team")
    assert place == Place(channel=CHANNEL_IDS["video"], guild=GUILD_ID).packed()
    assert await charges(house) == 0


async def test_a_thread_is_no_way_around_its_channels_budget(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await sandbox.platform.say(channel="general", user="ben", text="/video a red fox tier:draft")
        await until(lambda: _opened(house))
        (root,) = sandbox.platform.messages("general")
        await choose(sandbox, SETTINGS, "budget", {"channel": str(CHANNEL_IDS["general"]), "amount": "20"})
        said = await _ask(sandbox, "/video another fox", user="ben", thread=root["id"])
    assert "would go over this channel's budget" in said


async def _opened(house: Pool) -> bool:
    return bool(await house.fetchval("SELECT count(*) FROM generations WHERE thread IS NOT NULL"))


async def test_pages_of_the_history_follow_each_other_in_place(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await choose(sandbox, SETTINGS, "budget", {"whose": "members", "amount": "500"})
        for n in range(9):
            ben = {"member": PEOPLE_BY_NAME["ben"].id, "amount": f"{n + 1}"}
            await choose(sandbox, "/credits", "gift", ben)
        first = await _ask(sandbox, "/credits view:history")
    assert "gave 9 credits" in first
    assert "gave 1 credit " not in first


async def test_the_month_comes_with_a_picture(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        assert (await _ask(sandbox, "/credits view:month")).startswith("The last 30 days: 0 credits on 0 videos")


async def test_a_code_of_another_workspace_joins_this_server_to_its_credits_and_back(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    elsewhere = workspace("slack", "T1")
    async with house.acquire() as conn:
        admin = await teams.ensure(conn, **elsewhere, user=UserId("U0ANA"), free_credits=777)
        code = (await workspace_links.link(conn, team_id=admin.team_id, member=admin.member_id)).code
    async with open_service() as video_service, open_bot(video_service):
        assert "Linked" in await choose(sandbox, SETTINGS, "code", {"code": code.lower()})
        assert (await _ask(sandbox, "/credits", user="ben")).startswith("777 credits left")
        assert "share their credits already" not in await choose(sandbox, SETTINGS, "code", {"code": code})
        assert "Unlinked" in await choose(sandbox, SETTINGS, "unlink")
        assert (await _ask(sandbox, "/credits")).startswith(f"{FREE:,} credits left")
        assert "not linked" in await choose(sandbox, SETTINGS, "unlink")


async def test_a_code_is_worth_no_more_than_its_makers_right(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
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
    async with open_service() as video_service, open_bot(video_service):
        video_service.admins[PlatformName("slack")] = check
        for _ in range(2):
            assert "This code is not known" in await choose(sandbox, SETTINGS, "code", {"code": code})
    assert asked == [("T1", "U0ANA")], "the first look makes the code worthless"


async def test_the_right_is_asked_for_at_every_press(
    sandbox: Sandbox, chat: DiscordChat, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await choose(sandbox, SETTINGS, "limits", {"approval": "10"})
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
