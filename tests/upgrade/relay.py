"""One leg of a relay between two versions: begin a video and leave it half done, or go on with one that was left.

    python -m tests.upgrade.relay leave queued|rendering|delivering DSN FOLDER
    python -m tests.upgrade.relay take-over DSN FOLDER

It is run as a process of either version, from that version's checkout, and drives the engine of whichever it is in.
"""

import asyncio
import shutil
import sys
from pathlib import Path

import asyncpg

from tests.databases import as_an_administrator
from tests.worker.kills import Fuse
from tests.worker.script import Script
from tests.worker.sim import Sim, World
from tests.worker.strangers import Task

STATES = ("queued", "rendering", "delivering")
STEPS_MAX = 200
SCRIPT = Script(veo=("ok",), kling=("ok",))
RUN = "1"


async def leave(state: str, dsn: str, folder: Path) -> None:
    """Ask for a video and work on it until it is in this state; then this version ends."""
    sim = await _begun(dsn, folder)
    await sim.ask()
    for _ in range(STEPS_MAX):
        if await sim.admin.fetchval("SELECT state FROM generations") == state:
            return
        assert await sim.step(), f"nothing is left to do, and it has never been {state}"
    raise AssertionError(f"not {state} after {STEPS_MAX} steps")


async def take_over(dsn: str, folder: Path) -> None:
    """Go on with what the other version has left, until nothing is left to do."""
    admin = await asyncpg.connect(as_an_administrator(dsn))
    await admin.execute("DROP TABLE sim_clock CASCADE; DROP FUNCTION sim_next")
    await admin.close()
    kept = folder / "of-the-other"
    (folder / RUN).rename(kept)
    sim = await _begun(dsn, folder)
    if (kept / "store").exists():
        shutil.move(kept / "store", folder / RUN / "store")
    await _vendors_remember(sim)
    await sim.run()
    rows = await sim.admin.fetch("SELECT state, outcome, error_class, settled FROM generations")
    assert [(row["state"], row["outcome"]) for row in rows] == [("done", "succeeded")], rows
    open_messages = await sim.admin.fetch("SELECT kind, state FROM deliveries WHERE state NOT IN ('done', 'gone')")
    assert open_messages == [], open_messages
    result = await sim.admin.fetchval("SELECT state FROM deliveries WHERE kind = 'result'")
    assert result == "done", result
    assert rows[0]["settled"] > 0
    wrong = await sim.admin.fetch("SELECT * FROM check_ledger(NULL)")
    assert wrong == [], wrong


async def _vendors_remember(sim: Sim) -> None:
    """The stand-ins of vendors lived in the other version's process: real ones know their tasks all along."""
    rows = await sim.admin.fetch("SELECT * FROM attempts WHERE provider_task_id IS NOT NULL")
    for row in rows:
        sim.vendors[row["route"]].tasks[row["provider_task_id"]] = Task(
            generation_id=row["generation_id"],
            n=row["n"],
            external_id=row["external_id"],
            ends_at=sim.world.now,
            fails=None,
        )


async def _begun(dsn: str, folder: Path) -> Sim:
    world = World(dsn, folder, folder / "clip.mp4")
    await world.open()
    return await world.begin(SCRIPT, fuse=Fuse())


def main() -> None:
    match sys.argv[1:]:
        case ["leave", state, dsn, folder] if state in STATES:
            asyncio.run(leave(state, dsn, Path(folder)))
        case ["take-over", dsn, folder]:
            asyncio.run(take_over(dsn, Path(folder)))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
