"""A look at generations: their rows, all their attempts and the time. One at a time, or all that were just claimed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from core.db.generations import deliveries
from core.db.generations.attempt_rows import COLUMNS, attempt_from
from core.db.generations.delivery_rows import Delivery
from core.db.generations.generation_rows import generation_from
from core.db.pool import Connection
from core.domain.chat.delivery import Kind
from core.domain.generations.generation import Attempt, Generation
from core.domain.ids import MessageId

_OF_ATTEMPT = ", ".join(f"a.{name} AS a_{name}" for name in COLUMNS)
_LOOK = (  # both tables have columns of some of these names
    f"SELECT nd_now() AS now, g.*, {_OF_ATTEMPT} FROM generations g LEFT JOIN attempts a "  # noqa: S608 - made of the constants above
    "ON a.generation_id = g.id WHERE g.id = ANY ($1::uuid[]) ORDER BY g.id, a.n"
)
_ATTEMPTS = (
    f"SELECT nd_now() AS now, {_OF_ATTEMPT} FROM (SELECT) AS one LEFT JOIN attempts a "  # noqa: S608 - as above
    "ON a.generation_id = ANY ($1::uuid[]) ORDER BY a.generation_id, a.n"
)
_MESSAGES = """
SELECT generation_id, kind, state, message_id, true AS own FROM deliveries WHERE generation_id = ANY ($1::uuid[])
 UNION ALL
SELECT g.id, d.kind, d.state, d.message_id, false FROM generations g JOIN deliveries d ON d.generation_id = g.take_of
 WHERE g.id = ANY ($1::uuid[]) AND g.take > 0 AND d.kind = 'root'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A generation as it is.

    Args:
        attempts: all of them, by number.
        now: by the database's clock.
    """

    generation: Generation
    attempts: list[Attempt]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A generation that was just claimed, and what was read with it."""

    generation: Generation
    rows: Sequence[asyncpg.Record]
    now: datetime

    def snapshot(self) -> Snapshot:
        """What it is.

        Raises:
            UnreadableError: one of its attempts holds a word that this version does not know.
        """
        return Snapshot(generation=self.generation, attempts=_attempts(self.rows), now=self.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedMessage:
    """A message that was just claimed, with its generation, and with how far the generation's other messages are.

    Args:
        said: the state of each; the root message of a take is the first one's.
        root_state, root_id: of the generation's own root message; "gone" where it has none, None where it is not up.
    """

    delivery: Delivery
    rows: Sequence[asyncpg.Record]
    said: Mapping[Kind, str]
    root_state: str
    root_id: MessageId | None

    def snapshot(self) -> Snapshot:
        """What its generation is.

        Raises:
            UnreadableError: the generation, or one of its attempts, holds a word that this version does not know.
        """
        return _snapshot(self.rows)


async def read_snapshot(conn: Connection, generation_id: UUID) -> Snapshot | None:
    """The generation as it is now; None if there is no such one."""
    rows = await conn.fetch(_LOOK, [generation_id])
    return _snapshot(rows) if rows else None


async def with_attempts(conn: Connection, generations: Sequence[Generation]) -> list[Claimed]:
    """Generations that were just claimed, with their attempts: one query for all."""
    if not generations:
        return []
    rows = await conn.fetch(_ATTEMPTS, [one.id for one in generations])
    by_id = _by(rows, "a_generation_id")
    return [Claimed(generation=one, rows=by_id.get(one.id, ()), now=rows[0]["now"]) for one in generations]


async def with_generations(conn: Connection, claimed: Sequence[Delivery]) -> list[ClaimedMessage]:
    """Messages that were just claimed, with all that they may show: two queries for all."""
    if not claimed:
        return []
    ids = list({one.generation_id for one in claimed})
    rows = _by(await conn.fetch(_LOOK, ids), "id")
    messages = _by(await conn.fetch(_MESSAGES, ids), "generation_id")
    return [
        _claimed(one, rows=rows.get(one.generation_id, ()), messages=messages.get(one.generation_id, ()))
        for one in claimed
    ]


async def claim_messages(conn: Connection, *, owner: str, limit: int) -> list[ClaimedMessage]:
    """Take the lease on messages that are due, with all that they may show."""
    return await with_generations(conn, await deliveries.claim_due(conn, owner=owner, limit=limit))


_KINDS = frozenset(kind.value for kind in Kind)


def _claimed(
    delivery: Delivery, *, rows: Sequence[asyncpg.Record], messages: Sequence[asyncpg.Record]
) -> ClaimedMessage:
    root = next((one for one in messages if one["own"] and one["kind"] == Kind.ROOT), None)
    up = root["message_id"] if root is not None else None
    return ClaimedMessage(
        delivery=delivery,
        rows=rows,
        said={Kind(one["kind"]): one["state"] for one in messages if one["kind"] in _KINDS},
        root_state=root["state"] if root is not None else "gone",
        root_id=MessageId(up) if up is not None else None,
    )


def _by(rows: Sequence[asyncpg.Record], column: str) -> dict[UUID, list[asyncpg.Record]]:
    found: dict[UUID, list[asyncpg.Record]] = {}
    for row in rows:
        found.setdefault(row[column], []).append(row)
    return found


def _snapshot(rows: Sequence[asyncpg.Record]) -> Snapshot:
    return Snapshot(generation=generation_from(rows[0]), attempts=_attempts(rows), now=rows[0]["now"])


def _attempts(rows: Sequence[asyncpg.Record]) -> list[Attempt]:
    return [attempt_from({name: row[f"a_{name}"] for name in COLUMNS}) for row in rows if row["a_n"] is not None]
