"""A token that ends: whatever Slack says to its renewal, nobody waits too long, and everybody is answered."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bots.slack.api.errors import ACCESS
from bots.slack.configured import many
from bots.slack.installation import renewals
from core.db.pool import Pool
from core.domain.chat.chat_errors import AccessLost, ChatAway, ChatBusy, ChatError
from core.domain.ids import Installation
from tests.bots.conftest import OpenService
from tests.bots.slack.many import RED, Town, town
from tests.patience import until

ANSWERS = (
    "http_502", "http_500", "internal_error", "ratelimited", "drop", "swallow", "broken", "invalid_refresh_token",
    "bad_client_secret",
)  # fmt: skip
"""What Slack, or what stands before it, says to a renewal."""
FINAL = {"invalid_refresh_token", "bad_client_secret"}
HOME = Installation(RED.id)


async def _ends(house: Pool, *, in_min: float) -> None:
    await house.execute("UPDATE app_installation SET expires_at = $1", datetime.now(UTC) + timedelta(minutes=in_min))


def _last(there: Town) -> str:
    return str(list(there.red.tokens)[-1])


@pytest.mark.parametrize("answer", ANSWERS)
async def test_a_good_token_is_used_whatever_slack_says_to_its_renewal(
    tmp_path: Path, house: Pool, open_service: OpenService, answer: str
) -> None:
    async with open_service() as video_service, town(tmp_path, house, video_service, rotates=True) as there:
        await there.install(RED)
        await _ends(house, in_min=60)
        there.red.faults.add(ACCESS, answer)
        process = many(there.settings, house)
        old = _last(there)
        found = await process.find(HOME)
        assert found is not None
        assert found.token == old
        await process.aclose()
        assert await house.fetchval("SELECT refresh_until FROM app_installation") is None, "nobody waits for its lock"


@pytest.mark.parametrize("answer", ANSWERS)
async def test_a_token_that_has_ended_is_renewed_as_soon_as_slack_does_it(
    tmp_path: Path, house: Pool, open_service: OpenService, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(renewals, "AGAIN_S", 0.0)
    async with open_service() as video_service, town(tmp_path, house, video_service, rotates=True) as there:
        await there.install(RED)
        await _ends(house, in_min=-1)
        there.red.faults.add(ACCESS, answer, times=1)
        process = many(there.settings, house)
        with pytest.raises(ChatError) as refused:
            await process.find(HOME)
        assert isinstance(refused.value, AccessLost if answer in FINAL else ChatAway | ChatBusy)
        if answer == "drop":  # Slack has renewed it, and the answer was lost: only its grace could help
            return
        again = await process.find(HOME)
        assert again is not None
        assert again.token == _last(there)


async def test_a_slow_renewal_keeps_nobody_waiting(
    tmp_path: Path, house: Pool, open_service: OpenService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewals, "WAIT_S", 0.2)
    async with open_service() as video_service, town(tmp_path, house, video_service, rotates=True) as there:
        await there.install(RED)
        may_go = asyncio.Event()
        there.cloud.exchange = _waits(may_go)
        await _ends(house, in_min=60)
        process, old = many(there.settings, house), _last(there)
        found = await asyncio.wait_for(process.find(HOME), 30)
        assert found is not None
        assert found.token == old, "it is good for an hour"
        await until(lambda: process._renewals._under_way)
        await _ends(house, in_min=-1)
        process.forget(HOME)
        with pytest.raises(ChatAway):
            await process.find(HOME)
        may_go.set()
        await process.aclose()
        again = await process.find(HOME)
        assert again is not None
        assert again.token == _last(there) != old
        assert there.cloud.refreshes == 1


def _waits(until_set: asyncio.Event) -> Any:
    async def wait() -> None:
        await until_set.wait()

    return wait


async def test_a_command_while_the_token_is_renewed_is_answered_with_what_was_typed(
    tmp_path: Path, house: Pool, open_service: OpenService
) -> None:
    async with open_service() as video_service, town(tmp_path, house, video_service, rotates=True) as there:
        await there.install(RED)
        await _ends(house, in_min=-1)
        there.red.faults.add(ACCESS, "late", times=1)
        heard = await there.red.say(channel="general", user="ana", text="/video a red fox")
        assert heard.ok, "within the 3 s that Slack waits"
        (told,) = await until(lambda: there.red.whispers("general", "ana"))
        assert "please try again in a minute" in told["text"]
        assert "a red fox" in told["text"]


async def test_a_token_that_slack_says_has_ended_is_renewed_though_our_clock_is_behind(
    tmp_path: Path, house: Pool, open_service: OpenService
) -> None:
    async with open_service() as video_service, town(tmp_path, house, video_service, rotates=True) as there:
        await there.install(RED)
        old = _last(there)
        there.red.tokens[old] = 0.0
        await there.red.say(channel="general", user="ana", text="/video a red fox")
        (told,) = await until(lambda: there.red.whispers("general", "ana"))
        assert "please try again in a minute" in told["text"]
        await there.red.say(channel="general", user="ana", text="/video a red fox")
        await until(lambda: there.red.messages("general"))
        assert there.cloud.refreshes == 1
