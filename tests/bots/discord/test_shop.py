"""Discord's own shop, end to end: sales become credits once, whoever tells of them; what is paid back goes again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bots.discord.__main__ import build
from bots.discord.credits.shop import goods_of
from bots.discord.settings import DiscordSettings
from core.db.pool import Pool
from core.settings import SettingsError
from sandbox.discord import BOT_TOKEN, SKUS
from sandbox.discord.fixtures import PEOPLE_BY_NAME, SUBSCRIPTIONS
from sandbox.switches import Value
from tests.bots.conftest import OpenService
from tests.patience import until
from tests.sandbox.discord.harness import Sandbox

WORDS = "1100000000000000901=500, 1100000000000000902=2000"
SMALL, LARGE = sorted(SKUS)
(MONTHLY,) = SUBSCRIPTIONS
ANA = int(PEOPLE_BY_NAME["ana"].id)


def _known(words: str, *, monthly: str | None = None) -> DiscordSettings:
    return DiscordSettings(discord_skus=words, discord_subscriptions=monthly)  # type: ignore[call-arg]  # the rest has defaults


def turn(sandbox: Sandbox, name: str, value: Value) -> None:
    next(switch for switch in sandbox.platform.switches if switch.name == name).turn(value)


@asynccontextmanager
async def _bot(sandbox: Sandbox, open_service: OpenService, **terms: Any) -> AsyncIterator[None]:
    async with open_service(**terms) as video_service:
        bot = build(video_service, _known(WORDS, monthly=f"{MONTHLY}=1000"))
        running = asyncio.create_task(bot.start(BOT_TOKEN))
        try:
            await until(lambda: bot.connected and sandbox.platform.commands())
            yield
        finally:
            await bot.close()
            await running


async def _purchased(house: Pool) -> int:
    found: int = await house.fetchval("SELECT sum(granted - taken_back) FROM purchase")
    return found


def _cards(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [news["drawn"] for news in sandbox.world.recent if news["type"] == "ephemeral"]


async def test_a_person_buys_for_the_server_where_they_ask_and_is_thanked(
    sandbox: Sandbox, house: Pool, open_service: OpenService
) -> None:
    async with _bot(sandbox, open_service):
        await sandbox.platform.say(channel="general", user="ana", text="/buy")
        card = _cards(sandbox)[-1]
        assert "everybody in this server" in card["text"]
        assert [each["label"] for each in card["actions"]] == [
            "Buy 500 credits", "Buy 2000 credits", "Buy 1000 credits a month",
        ]  # fmt: skip
        for _ in range(2):  # the same may be bought again, once it is used up
            pressed = await sandbox.platform.press(
                channel="general", message=card["id"], action=card["actions"][0]["action"], user="ana"
            )
            assert pressed.ok
        await until(lambda: all(one.consumed for one in sandbox.platform.shop.sold))
        await until(lambda: len(sandbox.platform.messages("@ana")) == 2)
        assert "500 credits are with the server's credits" in sandbox.platform.messages("@ana")[0]["text"]

        sandbox.platform.shop.again()  # told once more, as after a resume
        sandbox.platform.shop.refund(sandbox.platform.shop.sold[0].id)
        await until(lambda: house.fetchval("SELECT count(*) = 1 FROM purchase WHERE undone_at IS NOT NULL"))
    rows = await house.fetch("SELECT installation, granted, taken_back, owed FROM purchase ORDER BY bought_at")
    assert {row["installation"] for row in rows} == {"1100000000000000100"}
    assert [(row["granted"], row["taken_back"], row["owed"]) for row in rows] == [(500, 500, 0), (500, 0, 0)]
    assert await _purchased(house) == 500
    assert await house.fetchval("SELECT count(*) FROM check_ledger(NULL)") == 0


async def test_what_was_sold_and_paid_back_while_nobody_listened_is_in_the_list(
    sandbox: Sandbox, house: Pool, open_service: OpenService
) -> None:
    turn(sandbox, "silent_shop", value=True)
    shop = sandbox.platform.shop
    kept, undone = shop.buy(ANA, LARGE), shop.buy(ANA, SMALL)
    shop.refund(undone.id)
    async with _bot(sandbox, open_service):
        await until(lambda: kept.consumed)
        await until(lambda: house.fetchval("SELECT count(*) = 2 FROM purchase"))
    assert await _purchased(house) == 2000
    assert await house.fetchval("SELECT installation FROM purchase WHERE granted > 0") == f"user:{ANA}"
    assert not undone.consumed


async def test_whoever_has_too_few_credits_is_shown_the_shop(sandbox: Sandbox, open_service: OpenService) -> None:
    async with _bot(sandbox, open_service, free_credits=1):
        await sandbox.platform.say(channel="general", user="ben", text="/video prompt: a red fox in the snow")
        await until(lambda: any(each["actions"] for each in _cards(sandbox)))
        card = next(each for each in reversed(_cards(sandbox)) if each["actions"])
        buy = next(each for each in card["actions"] if each["label"] == "Buy credits")
        await sandbox.platform.press(channel="general", message=card["id"], action=buy["action"], user="ben")
        await until(lambda: any("Buy credits\nWhat you buy now" in each["text"] for each in _cards(sandbox)))


async def test_each_period_of_a_subscription_is_credited_once_and_a_refund_takes_the_newest_back(
    sandbox: Sandbox, house: Pool, open_service: OpenService
) -> None:
    async def periods(sales: str) -> list[tuple[int, int]]:
        rows = await house.fetch(f"SELECT granted, taken_back FROM purchase {sales} ORDER BY bought_at")  # noqa: S608 - from here
        return [(row["granted"], row["taken_back"]) for row in rows]

    async with _bot(sandbox, open_service):
        await sandbox.platform.say(channel="general", user="ana", text="/buy")
        card = _cards(sandbox)[-1]
        monthly = next(each for each in card["actions"] if each["label"] == "Buy 1000 credits a month")
        await sandbox.platform.press(channel="general", message=card["id"], action=monthly["action"], user="ana")
        await until(lambda: len(sandbox.platform.messages("@ana")) == 1)
        shop = sandbox.platform.shop
        (bought,) = shop.subscribed
        shop.again()  # told once more, as after a resume
        shop.renew(bought.id)
        await until(lambda: len(sandbox.platform.messages("@ana")) == 2)
        shop.again()
        assert await periods("") == [(1000, 0), (1000, 0)]
        assert not bought.consumed

        shop.refund(bought.id)
        await until(lambda: house.fetchval("SELECT count(*) = 1 FROM purchase WHERE undone_at IS NOT NULL"))
    assert await periods("") == [(1000, 0), (1000, 1000)]
    assert len(await periods("WHERE installation = '1100000000000000100'")) == 2, "renewals are for whom the first was"
    assert await house.fetchval("SELECT count(*) FROM check_ledger(NULL)") == 0


async def test_a_period_that_was_paid_while_nobody_listened_is_in_the_list(
    sandbox: Sandbox, house: Pool, open_service: OpenService
) -> None:
    shop = sandbox.platform.shop
    bought = shop.buy(ANA, MONTHLY)
    for months in (1, 2):
        async with _bot(sandbox, open_service):
            await until(lambda: house.fetchval("SELECT count(*) = $1 FROM purchase", months))  # noqa: B023 - awaited here
        shop.renew(bought.id)
    shop.refund(bought.id)
    shop._subscribed[bought.id].periods = 2  # the refund is of the period that was credited
    async with _bot(sandbox, open_service):
        await until(lambda: house.fetchval("SELECT count(*) = 1 FROM purchase WHERE undone_at IS NOT NULL"))
    assert await _purchased(house) == 1000


@pytest.mark.parametrize(
    "words", ["500", "1100000000000000901", "1100000000000000901=0", "x=5", "1100000000000000901=5;"]
)
def test_skus_that_cannot_be_are_one_sentence(words: str) -> None:
    with pytest.raises(SettingsError, match="DISCORD_SKUS is wrong"):
        goods_of(_known(words))


@pytest.mark.parametrize(
    ("monthly", "words"),
    [
        (f"{MONTHLY}", "DISCORD_SUBSCRIPTIONS is wrong"),
        (f"{SMALL}=5", "is in DISCORD_SKUS already"),
        (", ".join(f"{MONTHLY + n}=5" for n in range(4)), "5 SKUs at most"),
    ],
)
def test_subscriptions_that_cannot_be_are_one_sentence(monthly: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        goods_of(_known(WORDS, monthly=monthly))
