"""Results after their generation is over: reported, and taken away for good or from sight. Workers carry that out."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.db.pool import Connection, seconds
from core.domain.chat.delivery import Kind
from core.domain.ids import GenerationId, MemberId, MessageId, Thread

LEASE_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """A result that has to be taken away. `files`: its clip and its words as well."""

    generation_id: GenerationId
    files: bool
    tries: int
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageUp:
    """A message of a generation that stands somewhere."""

    delivery_id: int
    kind: Kind
    thread: Thread
    message_id: MessageId


async def take_away(conn: Connection, generation_id: GenerationId, *, files: bool) -> bool:
    """Have a result taken away; its link is shut at once. False: it is not over yet."""
    done: bool = await conn.fetchval("SELECT take_away($1, $2)", generation_id, files)
    return done


async def report(conn: Connection, generation_id: GenerationId, *, by: MemberId) -> bool:
    """Write down that somebody has reported it. Whether the team's alert channel is told."""
    told: bool = await conn.fetchval("SELECT told FROM report_result($1, $2)", generation_id, by)
    return told


async def claim_due(conn: Connection, *, limit: int) -> list[Removal]:
    """Take what is due to be taken away; nobody else takes it for two minutes."""
    rows = await conn.fetch("SELECT * FROM claim_removals($1, $2)", limit, seconds(LEASE_S))
    return [
        Removal(
            generation_id=GenerationId(row["generation_id"]),
            files=row["files"],
            tries=row["tries"],
            asked_at=row["asked_at"],
        )
        for row in rows
    ]


async def messages_up(conn: Connection, generation_id: GenerationId) -> list[MessageUp]:
    """Its messages that still stand, as far as this version knows their kinds."""
    rows = await conn.fetch(
        "SELECT d.id, d.kind, d.message_id, CASE WHEN d.kind = 'root' THEN g.place ELSE d.thread END AS thread "
        "  FROM deliveries d JOIN generations g ON g.id = d.generation_id "
        " WHERE d.generation_id = $1 AND d.message_id IS NOT NULL AND d.thread IS NOT NULL AND d.kind <> 'root_edit' "
        " ORDER BY d.id DESC",
        generation_id,
    )
    known = {kind.value for kind in Kind}
    return [
        MessageUp(
            delivery_id=row["id"],
            kind=Kind(row["kind"]),
            thread=Thread(row["thread"]),
            message_id=MessageId(row["message_id"]),
        )
        for row in rows
        if row["kind"] in known and row["thread"]
    ]


async def message_gone(conn: Connection, message: MessageUp) -> None:
    """It does not stand any more."""
    await conn.execute("UPDATE deliveries SET message_id = NULL WHERE id = $1", message.delivery_id)


async def pictures_of(conn: Connection, generation_id: UUID) -> tuple[str, ...]:
    """The keys of the pictures that people gave for it."""
    row = await conn.fetchrow(
        "SELECT pictures_of_request(request) AS keys FROM generations WHERE id = $1", generation_id
    )
    return tuple(row["keys"]) if row else ()


async def put_off(conn: Connection, removal: Removal, *, in_s: float) -> None:
    """Not now: again in a while."""
    await conn.execute(
        "UPDATE removals SET wake_at = nd_now() + $2 WHERE generation_id = $1", removal.generation_id, seconds(in_s)
    )


async def finish(conn: Connection, removal: Removal) -> None:
    """It is taken away; one that was to be hidden, and meanwhile is to be deleted, is still due."""
    await conn.execute(
        "UPDATE removals SET done_at = nd_now() WHERE generation_id = $1 AND files = $2",
        removal.generation_id,
        removal.files,
    )
