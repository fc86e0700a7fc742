"""A planned video begins once and its person hears once that it does not, whenever the worker that looks is killed."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.chat.principal import Principal
from core.domain.ids import ChannelId, UserId
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import TierName
from core.domain.rules.changes import RuleChange
from core.domain.rules.kinds import RuleKind
from core.usecases.people.rules import change_rules
from core.usecases.requests.later import own_later, schedule
from core.usecases.requests.rulings import nobody
from core.usecases.requests.submit import VideoCommand
from tests.worker.kill_runs import moments
from tests.worker.kills import Fuse, Mortal
from tests.worker.sim import ANA, PLATFORM, Script, Sim, runs
from worker import scheduled

LEASE = timedelta(seconds=121)


async def _planned(sim: Sim, *, refused: bool) -> None:
    """A video of Ana's that is due now; `refused`: by a rule that was made after it was planned."""
    order = VideoCommand(
        platform=PLATFORM,
        installation=sim.installation,
        channel=ChannelId(sim.place),
        user=ANA,
        event="later",
        place=sim.place,
        request=VideoRequest(prompt="a fox", tier=TierName.ULTRA),
    )
    await schedule(order, "in 2 hours", zone="UTC", pool=sim.pool, terms=sim.terms)
    if refused:
        boss = Principal(platform=PLATFORM, installation=sim.installation, user=UserId("boss"), is_admin=True)
        change = RuleChange(kind=RuleKind.WORDS, subject="blocked", value=("fox",))
        await change_rules(boss, [change], in_roles=nobody, pool=sim.pool, terms=sim.terms)
    await sim.world.move_to(sim.world.now + timedelta(hours=2, seconds=1))


async def _looked(sim: Sim, fuse: Fuse) -> bool:
    """One look that may be killed; whether it was. Its connections die with it, and another worker comes up."""
    died = False

    def die() -> None:
        nonlocal died
        died = True
        sim.world.pool.die(wholly=True)

    async def frozen() -> None:
        raise AssertionError("nobody stands still here")

    try:
        await Mortal(scheduled.once(sim.ctx), fuse, sim.world.effects, on_kill=die, meanwhile=frozen)
    except BaseException:
        # Clean-up code that runs on a dead process's connections fails in ways of its own; a kill runs none.
        if not died:
            raise
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)
        await sim.boot()
    return died


@pytest.mark.parametrize("refused", [False, True], ids=["begins", "refused"])
async def test_killed_at_any_wait_it_begins_once_or_is_refused_once(
    database: str, tmp_path: Path, clip: Path, *, refused: bool
) -> None:
    async with runs(database, tmp_path, clip) as world:

        async def run(fuse: Fuse) -> bool:
            sim = await world.begin(Script(), fuse=Fuse())
            await _planned(sim, refused=refused)
            died = await _looked(sim, fuse)
            await world.move_to(world.now + LEASE)
            assert not await _looked(sim, Fuse())
            await sim.run()
            mine = await sim.admin.fetch("SELECT outcome FROM generations WHERE installation = $1", sim.installation)
            told = [message.title for message in sim.chat.threads.get(f"@{ANA}", [])]
            assert [row["outcome"] for row in mine] == ([] if refused else ["succeeded"]), fuse.blows_at
            assert len(told) == (1 if refused else 0), (fuse.blows_at, told)
            assert await own_later(sim.ana, pool=sim.pool) == [], fuse.blows_at
            return died

        whole = Fuse(every_wait=True)
        assert not await run(whole)
        killed = 0
        for moment in moments(whole, set()):
            if not await run(Fuse(blows_at=frozenset({moment}), every_wait=True)):
                break  # the first run had to prepare its statements, and so waited more often
            killed += 1
        assert killed > 9


async def test_whoever_cannot_be_told_now_is_told_later_and_for_a_day_at_most(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with runs(database, tmp_path, clip) as world:
        for hours, waits in ((1, 1), (25, 0)):
            sim = await world.begin(Script(), fuse=Fuse())
            await _planned(sim, refused=True)
            await world.move_to(world.now + timedelta(hours=hours))
            await scheduled.once(replace(sim.ctx, chats={}))  # no worker of this platform is there
            assert len(await own_later(sim.ana, pool=sim.pool)) == waits
