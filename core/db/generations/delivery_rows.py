"""Rows of `deliveries` as the values that the rest works with."""

import math
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg

from core.db.errors import UnreadableError
from core.domain.chat.delivery import Kind
from core.domain.chat.delivery_memory import DeliveryMemory
from core.domain.ids import GenerationId, MessageId, Thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One row of `deliveries`: a message that a generation has, or shall have. Times are the database's.

    Args:
        kind: what the message is to its generation.
        attempt: whose video an extra take is; 0 for messages about the generation itself.
        key: sent with the message, so that the platform can find it again.
        fence: raised by every claim; later writes name it. version: raised by every change that the message shows.
        tries: counted tries at the present rung of the ladder, this one among them.
        thread, message_id: where the message is posted; None before.
        memory: what earlier tries have learned.
        digest: what the message shows, to know whether an edit would change anything.
        created_at: when the message was wanted.
        since: a moment before the claim, by this process's clock in seconds; infinite where the row was only read.
    """

    id: int
    generation_id: GenerationId
    kind: Kind
    attempt: int
    key: UUID
    fence: int
    tries: int
    version: int
    thread: Thread | None
    message_id: MessageId | None
    memory: DeliveryMemory
    digest: str | None
    created_at: datetime
    since: float = field(default=math.inf, compare=False)


def delivery_from(row: asyncpg.Record, *, since: float = math.inf) -> Delivery:
    """The row as the value that the rest works with.

    Raises:
        UnreadableError: it holds a word that this version does not know.
    """
    try:
        return _delivery_from(row, since)
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableError(f"message {row['id']} of {row['generation_id']}: {error}") from error


def _delivery_from(row: asyncpg.Record, since: float) -> Delivery:
    return Delivery(
        id=row["id"],
        generation_id=GenerationId(row["generation_id"]),
        kind=Kind(row["kind"]),
        attempt=row["attempt"],
        key=row["key"],
        fence=row["fence"],
        tries=row["tries"],
        version=row["version"],
        thread=Thread(row["thread"]) if row["thread"] is not None else None,
        message_id=MessageId(row["message_id"]) if row["message_id"] is not None else None,
        memory=DeliveryMemory.from_json(row["memory"]),
        digest=row["digest"],
        created_at=row["created_at"],
        since=since,
    )
