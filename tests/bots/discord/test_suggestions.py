"""What Discord offers while /video is typed; the stand-in keeps to Discord's bounds for it."""

from typing import Any

import pytest

from bots.discord.requests.suggestions import REMEMBERED_S, Suggestions
from core.db.pool import Pool
from core.domain.requests.tiers import TierName
from core.domain.rules.kinds import RuleKind
from sandbox.discord.fixtures import DESIGNERS_ROLE_ID
from tests.bots.conftest import AWAY, OpenService
from tests.bots.discord.conftest import OpenBot
from tests.bots.discord.test_rules import _give
from tests.sandbox.discord.harness import Sandbox


async def _offered(sandbox: Sandbox, option: str, typed: str = "", *, user: str = "ben") -> list[dict[str, Any]]:
    text = f"/video prompt:a red fox {option}:{typed}"
    return await sandbox.platform.suggest(channel="general", user=user, text=text, option=option)


async def test_tiers_are_offered_by_their_price_and_by_what_is_typed(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        prices = video_service.drafts.prices()
        every, some = await _offered(sandbox, "tier", "a"), await _offered(sandbox, "tier", "dra")
    expected = [tier.value for tier, _ in sorted(prices.items(), key=lambda row: row[1]) if "a" in tier.value]
    assert [one["value"] for one in every if "a" in one["value"]] == expected
    assert [one["value"] for one in some] == ["draft"]
    assert f"up to {prices[TierName.DRAFT]} credits" in some[0]["name"]


async def test_a_tier_that_somebody_may_not_choose_is_not_offered_to_them(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    await _give(
        house, (RuleKind.TIERS, "*", ("draft", "standard")), (RuleKind.TIERS, str(DESIGNERS_ROLE_ID), ("pro", "draft"))
    )
    async with open_service() as video_service, open_bot(video_service):
        found = {user: await _offered(sandbox, "tier", "r", user=user) for user in ("ben", "cleo")}
    assert {user: [each["value"] for each in rows] for user, rows in found.items()} == {
        "ben": ["draft", "standard"],
        "cleo": ["draft", "pro"],
    }


async def test_presets_are_offered_25_at_most_to_everybody(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    await _give(house, *((RuleKind.PRESET, f"noir-{n:02}", {"words": "film noir"}) for n in range(30)))
    async with open_service() as video_service, open_bot(video_service):
        found, one = await _offered(sandbox, "preset", "NO"), await _offered(sandbox, "preset", "noir-29")
    assert [each["value"] for each in found] == [f"noir-{n:02}" for n in range(25)]
    assert [each["value"] for each in one] == ["noir-29"]


@pytest.mark.parametrize("option", ["tier", "preset", "prompt"])
async def test_nothing_is_offered_while_the_database_is_away(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, option: str
) -> None:
    async with open_service(dsn=AWAY) as video_service, open_bot(video_service):
        assert await _offered(sandbox, option, "show" if option == "prompt" else "a") == []


async def test_what_is_offered_is_remembered_for_a_moment(house: Pool, open_service: OpenService) -> None:
    now = 0.0
    by: Any = type("By", (), {"platform": "discord", "installation": "1"})()
    async with open_service() as video_service:
        suggestions = Suggestions(video_service, clock=lambda: now)
        first = await suggestions._offered(by)
        assert first is not None
        assert await suggestions._offered(by) is first
        now = REMEMBERED_S
        again = await suggestions._offered(by)
    assert again == first
    assert again is not first
