"""Transitions of a generation, by whoever holds its fence: the state, what changes with it, a line in the step log."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from core.db.generations.claims import LEASE_S, StaleError
from core.db.pool import Connection, seconds
from core.domain.errors import ErrorClass
from core.domain.generations.generation import Clip, Generation, Outcome, State
from core.domain.generations.plan_record import PlanRecord
from core.domain.generations.state_reason import NO_REASON, StateReason
from core.domain.ids import ProviderName


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLogEntry:
    """One line of the timeline that operators see. Facts hold ids, names and numbers, never a prompt."""

    worker: str
    step: str
    outcome: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    wake_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "worker": self.worker,
            "step": self.step,
            "outcome": self.outcome,
            "facts": dict(self.facts),
            "wake_at": self.wake_at.isoformat() if self.wake_at else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a transition changes besides the state; None leaves a thing as it is.

    Args:
        reason: why it waits, for the progress message.
        plan: what the last choice of a route was made from, with its reasons.
        window_s: the first attempt got a slot: the delivery window runs from now on, for so long.
        winner: the number of the attempt whose video is used; it is set once.
    """

    reason: StateReason | None = None
    plan: PlanRecord | None = None
    window_s: float | None = None
    winner: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            name: value
            for name, value in (
                ("reason", None if self.reason is None else self.reason.as_json()),
                ("plan", None if self.plan is None else self.plan.as_json()),
                ("window_s", self.window_s),
                ("winner", self.winner),
            )
            if value is not None
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How it ended. The caller settles the credits in the same transaction.

    Args:
        result_key: the last word is to be said under this key.
    """

    outcome: Outcome
    settled: int
    result_key: UUID
    clip: Clip | None = None
    error_class: ErrorClass | None = None
    reason: StateReason = NO_REASON

    def as_json(self) -> dict[str, Any]:
        known: dict[str, Any] = {
            "outcome": self.outcome,
            "settled": self.settled,
            "error_class": self.error_class,
            "reason": self.reason.as_json(),
        }
        return known if self.clip is None else {**known, "clip": asdict(self.clip)}


async def commit(
    conn: Connection,
    generation: Generation,
    *,
    state: State,
    wake_at: datetime | None,
    change: Change | Ending | None = None,
    entry: StepLogEntry | None = None,
    news: bool = False,
) -> None:
    """End the claim: the row is in `state`, and due at `wake_at`, or at once if something was signalled meanwhile.

    Args:
        news: its open messages are to show it.

    Raises:
        StaleError: the claim was lost; the transaction must roll back.
    """
    await _move(conn, generation, state, wake_at=wake_at, keep=None, change=change, entry=entry, news=news)


async def checkpoint(
    conn: Connection,
    generation: Generation,
    *,
    state: State,
    change: Change | None = None,
    entry: StepLogEntry | None = None,
    news: bool = False,
) -> None:
    """Record a state and keep working: the lease starts anew. The row is locked until the transaction ends.

    Raises:
        StaleError: the claim was lost.
    """
    keep = seconds(LEASE_S)
    await _move(conn, generation, state, wake_at=None, keep=keep, change=change, entry=entry, news=news)


async def _move(
    conn: Connection,
    generation: Generation,
    state: State,
    *,
    wake_at: datetime | None,
    keep: timedelta | None,
    change: Change | Ending | None,
    entry: StepLogEntry | None,
    news: bool,
) -> None:
    version = await conn.fetchval(
        "SELECT transition_generation($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        generation.id,
        generation.fence,
        generation.version,
        state,
        wake_at,
        keep,
        change.as_json() if change else None,
        entry.as_json() if entry else None,
        news,
        change.result_key if isinstance(change, Ending) else None,
    )
    if version is None:
        raise StaleError


async def end_with_video(
    conn: Connection, generation: Generation, *, ending: Ending, entry: StepLogEntry, note: str
) -> None:
    """End the claim and the generation, and settle its credits: together or not at all.

    Raises:
        StaleError: the claim was lost.
    """
    version = await conn.fetchval(
        "SELECT end_with_video($1, $2, $3, $4, $5, $6, $7)",
        generation.id,
        generation.fence,
        generation.version,
        ending.as_json(),
        entry.as_json(),
        ending.result_key,
        note,
    )
    if version is None:
        raise StaleError


async def disown(conn: Connection, generation: Generation) -> None:
    """The winner turned out to be no video: nobody has won yet."""
    await conn.execute(
        "UPDATE generations SET winner_attempt = NULL WHERE id = $1 AND fence = $2", generation.id, generation.fence
    )


async def log_step(conn: Connection, generation: Generation, entry: StepLogEntry) -> None:
    """A line of the timeline by itself."""
    await conn.execute(
        "INSERT INTO step_log (generation_id, worker, fence, step, outcome, facts, wake_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        generation.id,
        entry.worker,
        generation.fence,
        entry.step,
        entry.outcome,
        dict(entry.facts),
        entry.wake_at,
    )


async def cancel_refused(conn: Connection, generation: Generation, *, by: ProviderName) -> None:
    """The vendor at work cannot stop: the wish is over, and the progress message says so."""
    await conn.execute(
        "UPDATE generations SET cancel_requested_at = NULL, reason = reason || $3 WHERE id = $1 AND fence = $2",
        generation.id,
        generation.fence,
        StateReason(cannot_stop=by).as_json(),
    )
