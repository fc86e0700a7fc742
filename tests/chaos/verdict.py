"""What became of everything that was asked for: lost, doubled, wrongly charged, stuck. Each is a list of sentences."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from tests.chaos.people import Told, by_number, number_of

_GENERATIONS = """
SELECT g.id, g.request->>'prompt' AS prompt, g.state, g.outcome, g.consumed, g.settled, g.prices, g.error_class,
       w.provider AS made_by, r.state AS result_state, r.message_id AS result_id, o.message_id AS root_id,
       (SELECT coalesce(array_agg(d.message_id), '{}') FROM deliveries d WHERE d.generation_id = g.id) AS known_ids,
       (SELECT coalesce(sum(e.delta), 0) FROM entry e WHERE e.key = g.id) AS moved,
       (SELECT count(*) FROM entry e WHERE e.key = g.id AND e.kind = 'consume') AS consumes,
       (SELECT count(*) FROM deliveries d WHERE d.generation_id = g.id AND d.kind = 'extra') AS extras
  FROM generations g
  LEFT JOIN attempts w ON w.generation_id = g.id AND w.n = g.winner_attempt
  LEFT JOIN deliveries r ON r.generation_id = g.id AND r.kind = 'result'
  LEFT JOIN deliveries o ON o.generation_id = g.id AND o.kind = 'root'
"""
NOTHING_TAKEN = "Nothing was taken"
"""A refusal promises nothing, but gives back what was typed: directly, if the command cannot be answered."""

_ORPHANS = "SELECT key FROM entry WHERE kind = 'consume' AND key NOT IN (SELECT id FROM generations)"


@dataclass(slots=True)
class Verdict:
    """All findings, and how the generations ended."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrongly_charged: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    paid_twice: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    attempts: Counter[str] = field(default_factory=Counter)
    tasks: int = 0

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.wrongly_charged or self.stuck or self.paid_twice)


async def judge(conn: asyncpg.Connection, heard: Sequence[Told], tasks: Mapping[str, Mapping[str, str]]) -> Verdict:
    """Look at everything once all is quiet.

    Args:
        heard: what the bot has said in channels and directly, with what is below each message.
        tasks: by vendor, the prompts of all tasks that it has accepted, by their ids.
    """
    verdict = Verdict()
    rows = await conn.fetch(_GENERATIONS)
    attempts = await conn.fetch("SELECT * FROM attempts")
    generations: dict[int, list[asyncpg.Record]] = {}
    for row in rows:
        generations.setdefault(number_of(row["prompt"]) or 0, []).append(row)
        verdict.outcomes[row["outcome"] or row["state"]] += 1
    below_roots = {id_ for row in rows for id_ in set(row["known_ids"]) - {row["root_id"]}}
    beside = [message for message in heard if message.id in below_roots]
    promises = [message for message in heard if NOTHING_TAKEN not in message.text]
    told = by_number([message for message in promises if message.id not in below_roots])
    for number, roots in told.items():
        if number not in generations:
            said = " ".join(roots[0].text.split())[:200]
            verdict.lost.append(f"video {number} was promised in chat, and nobody knows of it: {said}")
        if len(roots) > 1:
            verdict.doubled.append(f"video {number} has {len(roots)} root messages")
    for number, of_number in generations.items():
        if len(of_number) > 1:
            verdict.doubled.append(f"command {number} has become {len(of_number)} generations")
        for row in of_number:
            own = [message for message in beside if message.id in set(row["known_ids"])]
            _one(row, [*own, *(message for root in told.get(number, ()) for message in root.thread)], verdict)
    _tasks(rows, attempts, tasks, verdict)
    _paid_twice(rows, attempts, verdict)
    await _ledger(conn, verdict)
    return verdict


def _one(row: asyncpg.Record, said: Sequence[Told], verdict: Verdict) -> None:
    """Look at one generation, and at what was said of it: in its thread, as a plain reply in the channel, directly."""
    name = f"generation {row['id']} ({row['prompt']}, {row['outcome']})"
    if row["state"] != "done":
        verdict.stuck.append(f"{name} is still {row['state']}")
        return
    if row["result_state"] == "done" and row["result_id"] not in {message.id for message in said}:
        verdict.lost.append(f"{name}: its last word is nowhere")
    if row["result_state"] not in {"done", "gone"}:
        verdict.stuck.append(f"{name}: its last word is {row['result_state']}")
    verdict.doubled += [f"{name}: {what}" for what in _said_twice(row, said)]
    verdict.wrongly_charged += [f"{name}: {what}" for what in _charged_wrongly(row)]


def _said_twice(row: asyncpg.Record, said: Sequence[Told]) -> Iterator[str]:
    """The final messages that are one too many: a second file, or the last word's text again."""
    files = sum(message.files for message in said)
    wanted = (row["outcome"] == "succeeded") + row["extras"]
    if files > wanted:
        yield f"{files} files were sent, where {wanted} were made"
    last = next((message for message in said if message.id == row["result_id"]), None)
    copies = [m for m in said if last is not None and m.id not in row["known_ids"] and m.text == last.text]
    if copies:
        yield f"its last word was said {len(copies) + 1} times"


def _charged_wrongly(row: asyncpg.Record) -> Iterator[str]:
    delivered = row["outcome"] == "succeeded" and row["result_state"] == "done"
    price = min(row["prices"][row["made_by"]], row["consumed"]) if delivered else 0
    if -row["moved"] != price:
        yield f"paid {-row['moved']}, and what was delivered costs {price}"
    if row["consumes"] != (1 if row["consumed"] else 0):
        yield f"{row['consumes']} consumes"


def _tasks(
    rows: Sequence[asyncpg.Record],
    attempts: Sequence[asyncpg.Record],
    tasks: Mapping[str, Mapping[str, str]],
    verdict: Verdict,
) -> None:
    """A vendor's task that no attempt stands for is a second submit, which is what intents and look-ups avoid."""
    numbers = {row["id"]: number_of(row["prompt"]) for row in rows}
    known = {attempt["provider_task_id"] for attempt in attempts if attempt["provider_task_id"]}
    unsure: Counter[tuple[str, int | None]] = Counter()
    for attempt in attempts:
        verdict.attempts[attempt["state"]] += 1
        if attempt["provider_task_id"] is None and not attempt["settled"]:
            unsure[attempt["provider"], numbers[attempt["generation_id"]]] += 1
    for vendor, of_vendor in tasks.items():
        verdict.tasks += len(of_vendor)
        strange = Counter(number_of(prompt) for task, prompt in of_vendor.items() if not _is_known(task, known))
        for number, count in strange.items():
            if count > unsure[vendor, number]:
                verdict.doubled.append(
                    f"{vendor} made video {number} {count} times without our knowledge, "
                    f"and only {unsure[vendor, number]} of them are on the operator's list"
                )


def _paid_twice(rows: Sequence[asyncpg.Record], attempts: Sequence[asyncpg.Record], verdict: Verdict) -> None:
    """Videos that two vendors were paid for, although no rule of ours wanted a second one.

    A rule is: a hedge beside a slow one, the next one after a deadline, and the next one after a submit that nobody has
    answered at a vendor that cannot be asked.
    """
    numbers = {row["id"]: number_of(row["prompt"]) for row in rows}
    made: dict[Any, list[asyncpg.Record]] = {}
    for attempt in attempts:
        if attempt["state"] == "succeeded":
            made.setdefault(attempt["generation_id"], []).append(attempt)
    for generation, of_it in made.items():
        first = min(of_it, key=lambda attempt: attempt["n"])
        for later in of_it:
            late = first["deadline_at"] is not None and later["intended_at"] >= first["deadline_at"]
            if later["n"] != first["n"] and not later["is_hedge"] and not late:
                verdict.paid_twice.append(
                    f"video {numbers[generation]} was made by {first['provider']} and by {later['provider']}"
                )


def _is_known(task: str, known: set[str]) -> bool:
    """Whether an attempt has this task; some vendors' ids are the end of a path to us."""
    return task in known or any(other.endswith(f"/{task}") for other in known)


async def _ledger(conn: asyncpg.Connection, verdict: Verdict) -> None:
    for team, wrong in await conn.fetch("SELECT * FROM check_ledger()"):
        verdict.wrongly_charged.append(f"the ledger of team {team}: {'; '.join(wrong)}")
    for (key,) in await conn.fetch(_ORPHANS):
        verdict.wrongly_charged.append(f"credits were taken for {key}, which does not exist")
    held = await conn.fetchval("SELECT sum(held) FROM wallet")
    if held:
        verdict.stuck.append(f"{held} credits are still held")


def tasks_of(asked: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """By vendor, the prompts of the tasks in one answer of the sandbox, by their ids."""
    return {vendor: {task["id"]: task["prompt"] for task in known["tasks"]} for vendor, known in asked.items()}
