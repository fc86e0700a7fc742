"""A place where messages can be edited for a while only: none of them says for ever that something is under way."""

from datetime import timedelta
from itertools import chain
from pathlib import Path

from core.domain.chat.delivery import Kind
from core.replies.generations.elsewhere import goes_on_directly
from tests.worker.sim import Sim, world
from tests.worker.strangers import is_live
from worker.steps.show_progress import LEAVE_S

TAKES_S = 300.0
ENDS_AFTER = timedelta(seconds=200)
assert TAKES_S > ENDS_AFTER.total_seconds() > LEAVE_S


def _shown(sim: Sim) -> list[tuple[str, bool]]:
    """All messages, and whether each says that something is under way."""
    return [(message.title, is_live(message.card)) for message in chain(*sim.chat.threads.values())]


async def test_a_progress_message_gets_its_last_words_before_it_can_be_edited_no_longer(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        for vendor in sim.vendors.values():
            vendor.takes_s = TAKES_S
        await sim.ask()
        ends_at = sim.chat.ends_at = sim.world.now + ENDS_AFTER
        was_live = False
        while await sim.step() and sim.world.now < ends_at:
            was_live |= any(live for _, live in _shown(sim))
        assert was_live, "it has shown how far it is"
        shown = _shown(sim)
        assert not [title for title, live in shown if live]
        assert goes_on_directly().title in [title for title, _ in shown]
        assert await sim.admin.fetchval("SELECT state FROM deliveries WHERE kind = $1", Kind.PROGRESS) == "done"
        assert await sim.admin.fetchval("SELECT state FROM generations") != "done"
        await sim.run()
        assert await sim.admin.fetchval("SELECT outcome FROM generations") == "succeeded"
        assert [title for title, _ in _shown(sim)].count(goes_on_directly().title) == 1
