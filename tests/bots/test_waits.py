"""When a bot looks at the queues again."""

from dataclasses import replace

import pytest

from bots.waits import LOOK_S, QUIET_MOST, QUIET_S, Waits
from core.domain.ids import ChannelId, Installation, PlatformName, Thread, UserId
from core.domain.requests.refusals import TooBusy
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import TierName
from core.usecases.requests.submit import VideoCommand

ALLOWED_S = 900.0
ASKED = VideoCommand(
    platform=PlatformName("slack"),
    installation=Installation("T1"),
    channel=ChannelId("C1"),
    user=UserId("U1"),
    event="1",
    place=Thread("C1"),
    request=VideoRequest(prompt="a red fox", tier=TierName.STANDARD),
)


class Queue:
    """A queue that one waits in for so long, a clock, and how often somebody has looked."""

    def __init__(self, *, waits_s: float | None) -> None:
        self.waits_s = waits_s
        self.looks = 0
        self.now = 1000.0
        self.waits = Waits(self._check, allowed_s=ALLOWED_S, now=lambda: self.now)

    async def _check(self, _asked: VideoCommand) -> float | None:
        self.looks += 1
        if self.waits_s is not None and self.waits_s > ALLOWED_S:
            raise TooBusy(wait_s=self.waits_s, allowed_s=ALLOWED_S, quicker=())
        return self.waits_s


async def test_a_quiet_queue_is_looked_at_seldom() -> None:
    queue = Queue(waits_s=0.0)
    for _ in range(50):
        await queue.waits.check(ASKED)
        queue.now += (QUIET_S - 0.5) / 50
    assert queue.looks == 1
    queue.now += 0.5
    await queue.waits.check(ASKED)
    assert queue.looks == 2


async def test_a_quiet_queue_that_many_have_joined_is_looked_at_anew() -> None:
    queue = Queue(waits_s=0.0)
    for _ in range(1 + QUIET_MOST):
        await queue.waits.check(ASKED)
    queue.now += LOOK_S
    assert queue.looks == 1
    await queue.waits.check(ASKED)
    assert queue.looks == 2


@pytest.mark.parametrize("waits_s", [0.5 * ALLOWED_S, None])
async def test_a_queue_that_one_waits_in_or_nobody_knows_is_looked_at_every_second(waits_s: float | None) -> None:
    queue = Queue(waits_s=waits_s)
    for _ in range(3):
        await queue.waits.check(ASKED)
        await queue.waits.check(ASKED)
        queue.now += LOOK_S
    assert queue.looks == 3


async def test_everybody_is_told_that_a_queue_is_too_long() -> None:
    queue = Queue(waits_s=2 * ALLOWED_S)
    for _ in range(3):
        with pytest.raises(TooBusy):
            await queue.waits.check(ASKED)
    assert queue.looks == 3


async def test_each_tier_has_its_queue() -> None:
    queue = Queue(waits_s=0.0)
    await queue.waits.check(ASKED)
    await queue.waits.check(replace(ASKED, request=replace(ASKED.request, tier=TierName.PRO)))
    assert queue.looks == 2
