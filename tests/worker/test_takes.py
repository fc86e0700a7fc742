"""Several takes of one description: one root, one thread, a result each; the picked one stays, the others are links."""

from dataclasses import replace
from pathlib import Path

from core.domain.chat.addresses import Addresses
from core.replies.chat.card import Action, Button, LinkButton
from core.usecases.generations.pick import pick
from tests.worker.sim import Sim, world
from worker.removals import once


def _said(sim: Sim) -> list[str]:
    return [message.title for thread in sim.chat.threads.values() for message in thread]


async def test_takes_come_into_one_thread_and_the_others_of_the_picked_one_stay_as_links(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        sim.ctx = replace(sim.ctx, addresses=Addresses(base="https://nd.example", secret="s" * 16))
        sim.dispatcher._ctx = sim.ctx
        done = await sim.ask(takes=3)
        await sim.run()
        (place, thread) = sorted(sim.chat.threads)
        assert thread.startswith(f"{place}/")
        assert len(sim.chat.threads[place]) == 1
        results = [message for message in sim.chat.threads[thread] if message.has_file]
        assert sorted(message.title.partition(":")[0] for message in results) == [f"Take {n} of 3" for n in (1, 2, 3)]
        picks = [part for message in results for part in message.card.parts if isinstance(part, Button)]
        assert sum(part.action is Action.PICK for part in picks) == 3
        chosen = await pick(done.others[0], by=sim.ana, pool=sim.pool, has_links=True)
        await sim.run()
        await once(sim.ctx)
        (left,) = [message for message in sim.chat.threads[thread] if message.has_file]
        assert left.title.startswith("Take 2 of 3")
        (said,) = [message for message in sim.chat.threads[thread] if "was picked" in message.title]
        links = [part.label for part in said.card.parts if isinstance(part, LinkButton)]
        assert links == ["Watch take 1", "Watch take 3"]
        assert await sim.admin.fetchval("SELECT count(*) FROM clip_link WHERE revoked_at IS NOT NULL") == 0
        assert await sim.admin.fetchval("SELECT count(*) FROM entry WHERE kind = 'settle'") == 3
        assert chosen.take == 1


async def test_takes_whose_root_finds_no_place_are_given_back(database: str, tmp_path: Path, clip: Path) -> None:
    """A place that is gone: the thread of all of them is the person's own."""
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        sim.chat.trouble = "gone"
        await sim.ask(takes=2)
        await sim.run()
        rows = await sim.admin.fetch("SELECT state, outcome FROM generations")
        assert [tuple(row) for row in rows] == [("done", "succeeded")] * 2
