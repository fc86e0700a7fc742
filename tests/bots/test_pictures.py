"""Turns at people's pictures: somebody's slow addresses hold up nobody but themselves."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from bots import pictures
from bots.pictures import MEMBER_AT_ONCE, TEAM_AT_ONCE, Pictures
from core.domain.requests.refusals import PictureLate
from core.domain.requests.request import VideoRequest
from core.usecases.requests.pictures import Source

REQUEST = VideoRequest(prompt="the fox turns its head")


class Slow(Pictures):
    """Pictures of which each takes until it is let go, so that turns alone are what is looked at."""

    def __init__(self) -> None:
        super().__init__(SimpleNamespace())  # type: ignore[arg-type]  # nothing of it is used
        self.begun: list[str] = []
        self.ends = asyncio.Event()

    async def _kept(self, request: VideoRequest, **named: Any) -> VideoRequest:
        self.begun.append(named["member"])
        if named["member"].startswith("slow"):
            await self.ends.wait()
        return request


async def _never() -> Source:
    raise AssertionError


async def _ask(video_service: Slow, member: str, team: str = "t") -> Any:
    return await video_service.framed(REQUEST, first=_never, last=None, member=member, team=team)


async def test_eight_slow_addresses_of_one_member_hold_up_nobody_else() -> None:
    video_service = Slow()
    slow = [asyncio.create_task(_ask(video_service, "slow")) for _ in range(8)]
    await asyncio.sleep(0)
    assert await asyncio.wait_for(_ask(video_service, "ana"), 5) == REQUEST
    assert video_service.begun.count("slow") == MEMBER_AT_ONCE
    video_service.ends.set()
    assert await asyncio.gather(*slow) == [REQUEST] * 8


async def test_a_server_full_of_slow_members_holds_up_no_other_server() -> None:
    video_service = Slow()
    slow = [asyncio.create_task(_ask(video_service, f"slow{n}", "full")) for n in range(60)]
    for _ in range(20):  # turns enough for all of them to begin
        await asyncio.sleep(0)
    assert len(video_service.begun) == TEAM_AT_ONCE
    assert await asyncio.wait_for(_ask(video_service, "ana", "other"), 5) == REQUEST
    video_service.ends.set()
    await asyncio.gather(*slow)


async def test_all_of_it_has_one_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "TOTAL_S", 0.02)
    slow = Slow()
    with pytest.raises(PictureLate):
        await slow._in_turn(slow._kept(REQUEST, member="slow"), member="slow", team="t")
