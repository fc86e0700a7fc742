"""What may happen to a generation, and what must hold afterwards, whoever was killed when."""

from collections import Counter
from dataclasses import dataclass, field

import asyncpg

from core.db.generations.deliveries import key_of
from core.domain.chat.delivery import Kind
from core.domain.generations.generation import Outcome, State
from core.replies.chat.card import plain
from tests.rows import one_row
from tests.worker.script import Script
from tests.worker.sim import CREDITS, Sim
from tests.worker.strangers import is_live

VEO, KLING = 480, 135
"""What a clip of each costs."""
PRICES = {"veo": VEO, "kling": KLING, None: 0}


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What the world does to one generation, and how that ends.

    Args:
        tasks: that the vendors start at most when nobody is killed.
        extras, hedges: how many there are when nobody is killed.
        may_end: how else it may end when somebody is killed, which takes time.
    """

    name: str
    script: Script = field(default_factory=Script)
    outcome: Outcome = Outcome.SUCCEEDED
    paid: int = VEO
    tasks: int = 1
    extras: int = 0
    hedges: int = 0
    may_end: frozenset[Outcome] = frozenset({Outcome.SUCCEEDED})


IN_TIME = frozenset({Outcome.SUCCEEDED, Outcome.CANCELLED})
"""A worker that was killed comes to its vendor later: the wish to cancel may be heard in time, or no more."""

PLAIN = (
    Scenario(name="success"),
    Scenario(name="success, and no callback", script=Script(calls_back=False)),
    Scenario(name="busy, then the next", script=Script(veo=("busy",)), paid=KLING),
    Scenario(name="fails in the run", script=Script(veo=("fails",)), paid=KLING, tasks=2),
    Scenario(name="hangs", script=Script(veo=("hangs",)), paid=KLING, tasks=2),
    Scenario(
        name="all fail",
        script=Script(veo=("busy",), kling=("busy",), window_s=120.0),
        outcome=Outcome.FAILED,
        paid=0,
        tasks=0,
    ),
    Scenario(name="refused", script=Script(veo=("refuses",)), outcome=Outcome.FAILED, paid=0, tasks=0),
    Scenario(name="not accepted, then the next", script=Script(veo=("invalid",)), paid=KLING),
    Scenario(name="its own video refused, by chance", script=Script(veo=("filters", "ok")), tasks=2),
    Scenario(name="an odd video", script=Script(veo=("odd",)), paid=KLING, tasks=2, extras=1),
    Scenario(name="model gone", script=Script(veo=("gone",)), paid=KLING),
    Scenario(name="lost reply, found", script=Script(veo=("loses",))),
    Scenario(
        name="lost reply, no way to look", script=Script(veo=("loses", "ok"), can_find=False), paid=KLING, tasks=2
    ),
    Scenario(name="the thread is gone", script=Script(chat="gone")),
    Scenario(name="a chat with little patience", script=Script(chat="busy")),
    Scenario(name="a chat that takes no files", script=Script(chat="small")),
)
BESIDE = (
    Scenario(name="late, but before its successor", script=Script(veo=("late",), kling=("hangs",)), tasks=2),
    Scenario(
        name="late, after its successor",
        script=Script(veo=("late",), can_cancel=False), paid=KLING, tasks=2, extras=1,
    ),
    Scenario(
        name="late, after the refund", hedges=1,
        script=Script(veo=("late",), kling=("busy",), window_s=150.0), outcome=Outcome.FAILED, paid=0, extras=1,
    ),
    Scenario(
        name="hedge, the second wins", hedges=1, script=Script(veo=("hangs",), window_s=220.0), paid=KLING, tasks=2
    ),
    Scenario(name="hedge, the first wins", hedges=1, script=Script(veo_takes_s=95.0, window_s=220.0), tasks=2),
    Scenario(
        name="hedge, the first comes as well", hedges=1,
        script=Script(veo_takes_s=110.0, window_s=220.0, can_cancel=False), paid=KLING, tasks=2, extras=1,
    ),
    Scenario(
        name="hedge, the second fails", hedges=1,
        script=Script(veo_takes_s=120.0, kling=("fails",), window_s=220.0), tasks=2,
    ),
    Scenario(
        name="cancel before anything", script=Script(cancel_at_s=0.0), outcome=Outcome.CANCELLED, paid=0, tasks=0
    ),
    Scenario(name="cancel, and the vendor stops", script=Script(cancel_at_s=5.0), outcome=Outcome.CANCELLED, paid=0),
    Scenario(
        name="cancel, and the vendor cannot", script=Script(cancel_at_s=5.0, can_cancel=False), may_end=IN_TIME
    ),
    Scenario(name="cancel at the finish", script=Script(cancel_at_s=13.0), may_end=IN_TIME),
    Scenario(
        name="cancel what cannot stop and then fails",
        script=Script(veo=("fails",), cancel_at_s=5.0, can_cancel=False), outcome=Outcome.CANCELLED, paid=0,
    ),
    Scenario(
        name="cancel while nobody can take it",
        script=Script(veo=("busy",), kling=("busy",), cancel_at_s=30.0), outcome=Outcome.CANCELLED, paid=0, tasks=0,
        may_end=frozenset({Outcome.FAILED}),
    ),
)  # fmt: skip
SCENARIOS = PLAIN + BESIDE


async def ended_well(sim: Sim, scenario: Scenario) -> None:
    """Everything that must hold after a run.

    Raises:
        AssertionError: something does not.
    """
    row = await sim.admin.fetchrow("SELECT * FROM generations WHERE id = $1", sim.id)
    assert row is not None
    assert row["state"] == State.DONE, dict(row)
    attempts = await sim.admin.fetch("SELECT * FROM attempts WHERE generation_id = $1 ORDER BY n", sim.id)
    await _paid_for_what_came(sim, scenario, row, attempts)
    _said_once(sim, scenario, row, attempts)
    _asked_no_vendor_twice(sim, scenario, attempts)
    assert {a["state"] for a in attempts}.isdisjoint({"intended", "accepted", "ambiguous", "late"})
    await _nobody_stale_wrote(sim)
    kept = await sim.admin.fetchval(
        "SELECT count(*) FROM provider_slots JOIN attempts a USING (generation_id, n) "
        "WHERE generation_id = $1 AND a.state IN ('succeeded', 'failed', 'rejected')",
        sim.id,
    )
    assert kept == 0, "an attempt that is over keeps its slot"


async def _paid_for_what_came(
    sim: Sim, scenario: Scenario, row: asyncpg.Record, attempts: list[asyncpg.Record]
) -> None:
    made_by = next((a["provider"] for a in attempts if a["n"] == row["winner_attempt"]), None)
    paid = PRICES[made_by if row["outcome"] == Outcome.SUCCEEDED else None]
    assert row["settled"] == paid
    if sim.killed == 0:
        assert (row["outcome"], paid) == (scenario.outcome, scenario.paid)
        assert sum(a["is_hedge"] for a in attempts) == scenario.hedges
    else:
        assert row["outcome"] in {scenario.outcome} | scenario.may_end
    funds = await one_row(sim.admin, "SELECT * FROM credit_balance($1)", row["team_id"])
    assert (funds["balance"], funds["held"]) == (CREDITS - paid, 0)
    assert await sim.admin.fetch("SELECT * FROM check_ledger($1)", row["team_id"]) == []
    billed = sum(task.is_billed(sim.world.now) for vendor in sim.vendors.values() for task in vendor.tasks.values())
    known = [a for a in attempts if a["cost_usd_micros"]]
    wasted = await sim.admin.fetch("SELECT n FROM vendor_costs WHERE generation_id = $1 AND is_waste", sim.id)
    winner = row["winner_attempt"] if row["outcome"] == Outcome.SUCCEEDED else None
    assert {w["n"] for w in wasted} == {a["n"] for a in known} - {winner}
    unsettled = sum(not a["settled"] for a in attempts)
    assert billed <= len(known) + unsettled, "a vendor bills for something that nobody knows of"


def _said_once(sim: Sim, scenario: Scenario, row: asyncpg.Record, attempts: list[asyncpg.Record]) -> None:
    messages = [(thread, m) for thread, said in sim.chat.threads.items() for m in said]
    assert len(sim.chat.threads[sim.place]) == 1
    keys = [m.key for _, m in messages]
    assert len(keys) == len(set(keys)), [m.title for _, m in messages]
    progress = key_of(sim.id, Kind.PROGRESS)
    allowed = {key_of(sim.id, kind) for kind in (Kind.ROOT, Kind.PROGRESS, Kind.RESULT)}
    extras = {
        key_of(sim.id, Kind.EXTRA, attempt=a["n"])
        for a in attempts
        if (a["state"] == "succeeded" or (a["state"] == "failed" and a["clip"] is not None))
        and a["n"] != row["winner_attempt"]
        and row["outcome"] != Outcome.CANCELLED
    }
    # The progress goes when the result is there; where it may not, it stays and points to where the rest went.
    assert (allowed | extras) - set(keys) <= {progress}, [m.title for _, m in messages]
    assert sim.chat.trouble == "gone" or progress not in keys, [m.title for _, m in messages]
    _, (root, *_) = next((thread, said) for thread, said in sim.chat.threads.items() if thread == sim.place)
    word = {Outcome.SUCCEEDED: "Ready", Outcome.CANCELLED: "Cancelled"}.get(row["outcome"])
    assert word is None or word in plain(root.card), plain(root.card)
    assert set(keys) <= allowed | extras, [m.title for _, m in messages]
    assert not [m.title for _, m in messages if is_live(m.card)], "something can still be cancelled"
    if sim.killed == 0:
        assert len(extras) == scenario.extras
    files = 0 if sim.chat.trouble == "small" else (row["outcome"] == Outcome.SUCCEEDED) + len(extras)
    assert sum(m.has_file for _, m in messages) == files
    if sim.chat.trouble == "gone":
        assert {thread for thread, m in messages if m.key == key_of(sim.id, Kind.RESULT)} == {"@ana"}


def _asked_no_vendor_twice(sim: Sim, scenario: Scenario, attempts: list[asyncpg.Record]) -> None:
    """No attempt is ever submitted twice: lost ones are looked for, and left alone where there is no way to look."""
    tasks = {task_id: task for vendor in sim.vendors.values() for task_id, task in vendor.tasks.items()}
    assert set(Counter(task.external_id for task in tasks.values()).values()) <= {1}
    by_external_id = {a["external_id"]: a for a in attempts}
    for task_id, task in tasks.items():
        attempt = by_external_id[task.external_id]
        known = attempt["provider_task_id"] == task_id
        assert known or not attempt["settled"], "a vendor works for us, and no operator could know"
        assert known or attempt["state"] == "abandoned"
        may_be_lost = not scenario.script.can_find or sim.killed > 1 or sim.fuse.freezes
        assert known or may_be_lost, "a lost task that could be found was not"
    assert len(tasks) <= scenario.tasks + sim.killed


async def _nobody_stale_wrote(sim: Sim) -> None:
    """Each claim's fence is one worker's, and nothing is written under a fence that was overtaken."""
    steps = await sim.admin.fetch(
        "SELECT worker, fence FROM step_log WHERE generation_id = $1 AND worker LIKE 'worker:%' AND step <> 'extra' "
        "ORDER BY id",
        sim.id,
    )
    fences = [step["fence"] for step in steps]
    assert fences == sorted(fences)
    assert len({(step["fence"], step["worker"]) for step in steps}) == len(set(fences))
