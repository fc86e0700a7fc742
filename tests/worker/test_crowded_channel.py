"""Many who ask in one channel at once: the platform's limit goes to results, and nothing waits for what is not sent."""

from pathlib import Path

from core.domain.ids import ChannelId, UserId
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import TierName
from core.usecases.requests.submit import VideoCommand, submit
from tests.worker.kills import Fuse
from tests.worker.script import Script
from tests.worker.sim import PLATFORM, Sim, runs
from worker.steps.deliver import deliver

MEMBERS = 20
SHOWN_MOST = 3
"""Progress messages for which there was room."""
EVERY_S = 1.0
"""The chat of the simulated world takes a message a second in a channel, and three at once."""


async def _crowd(sim: Sim) -> None:
    """Everybody has asked, and every root message is up, in one channel whose threads count as the channel."""
    await sim.admin.execute("UPDATE provider_health SET slots = 500, slots_max = 500")
    for n in range(MEMBERS):
        asked = VideoCommand(
            platform=PLATFORM, installation=sim.installation, channel=ChannelId(sim.place), user=UserId(f"u{n}"),
            event=f"e{n}", place=sim.place, request=VideoRequest(prompt=f"fox {n}", tier=TierName.ULTRA),
        )  # fmt: skip
        await submit(asked, pool=sim.pool, terms=sim.terms, owner="bot")
    await sim.admin.execute("UPDATE generations SET thread = place || '/' || id")
    await sim.admin.execute(
        "UPDATE deliveries SET state = 'done', thread = g.place, message_id = g.id::text FROM generations g "
        "WHERE g.id = generation_id AND kind = 'root'"
    )


async def test_results_of_a_crowd_come_as_fast_as_the_channel_takes_them(
    database: str, tmp_path: Path, clip: Path
) -> None:
    """Their progress messages were looked at first, while the vendors had said nothing yet."""
    async with runs(database, tmp_path, clip) as world:
        sim = await world.begin(Script(veo=("refuses",), kling=("refuses",), calls_back=False), fuse=Fuse())
        await _crowd(sim)
        sim.chat.threads[sim.place] = []
        began = world.now
        for row in await sim.dispatcher._claim_deliveries(MEMBERS):
            await deliver(row, sim.ctx)
        while await sim.step():
            pass
        done = await sim.admin.fetch("SELECT done_at - $1 AS after FROM generations WHERE state = 'done'", began)
    assert len(done) == MEMBERS
    assert max(row["after"] for row in done).total_seconds() <= (MEMBERS + SHOWN_MOST) * EVERY_S


async def test_a_question_to_the_admins_has_its_turn_in_a_crowded_channel(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with runs(database, tmp_path, clip) as world:
        sim = await world.begin(Script(veo=("refuses",), kling=("refuses",), calls_back=False), fuse=Fuse())
        await _crowd(sim)
        await sim.admin.execute("UPDATE generations SET state = 'asking', wake_at = NULL")
        for row in await sim.dispatcher._claim_deliveries(MEMBERS):
            await deliver(row, sim.ctx)
        turns = await sim.admin.fetchval("SELECT count(DISTINCT turn_at) FROM deliveries WHERE kind = 'progress'")
        up = await sim.admin.fetchval(
            "SELECT count(*) FROM deliveries WHERE kind = 'progress' AND message_id IS NOT NULL"
        )
    assert turns + up == MEMBERS
