"""Messages that a generation has or shall have: rows that are claimed like all others.

A message's id is stored as soon as the platform has given it.
"""

import time
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import structlog

from core.db.errors import LEAVE_S, UnreadableError
from core.db.generations.claims import StaleError
from core.db.generations.delivery_rows import Delivery, delivery_from
from core.db.pool import Connection, seconds
from core.domain.chat.delivery import Kind
from core.domain.chat.delivery_memory import DeliveryMemory
from core.domain.ids import GenerationId, MessageId, Thread

LEASE_S = 60.0

log = structlog.get_logger()


def key_of(generation_id: GenerationId, kind: Kind, *, attempt: int = 0) -> UUID:
    """The key that is sent with the message, so that a platform can find it again."""
    return uuid5(generation_id, f"delivery/{kind}/{attempt}" if attempt else f"delivery/{kind}")


async def want_extra(conn: Connection, generation_id: GenerationId, *, attempt: int) -> None:
    """Ask for a message that offers this attempt's video as an extra take. A second call changes nothing."""
    await conn.execute(
        "INSERT INTO deliveries (generation_id, kind, attempt, key, wake_at) VALUES ($1, $2, $3, $4, nd_now()) "
        "ON CONFLICT DO NOTHING",
        generation_id,
        Kind.EXTRA,
        attempt,
        key_of(generation_id, Kind.EXTRA, attempt=attempt),
    )


async def claim_due(conn: Connection, *, owner: str, limit: int) -> list[Delivery]:
    """Take the lease on messages that are due, edits of progress messages last."""
    since = time.monotonic()
    rows = await conn.fetch("SELECT * FROM claim_deliveries($1, $2, $3)", owner, limit, seconds(LEASE_S))
    return [delivery for row in rows if (delivery := await _claimed(conn, row, since=since)) is not None]


async def _claimed(conn: Connection, row: asyncpg.Record, *, since: float) -> Delivery | None:
    """A claimed row.

    None where only a newer version can read it: that row is given back, and the claim is not counted.
    """
    try:
        return delivery_from(row, since=since)
    except UnreadableError as error:
        log.warning("delivery.newer", generation_id=str(row["generation_id"]), error=str(error))
        await conn.execute(
            "UPDATE deliveries SET lease_owner = NULL, lease_until = NULL, tries = greatest(0, tries - 1), "
            "wake_at = nd_now() + $3 WHERE id = $1 AND fence = $2",
            row["id"],
            row["fence"],
            seconds(LEAVE_S),
        )
        return None


async def remember(conn: Connection, delivery: Delivery, *, memory: DeliveryMemory) -> None:
    """Store what the next try has to know if this one is interrupted, and renew the lease.

    Raises:
        StaleError: the claim was lost.
    """
    row = await conn.fetchrow(
        """
        UPDATE deliveries SET memory = $3, lease_until = nd_now() + $4, wake_at = nd_now() + $4
         WHERE id = $1 AND fence = $2 RETURNING id
        """,
        delivery.id,
        delivery.fence,
        memory.as_json(),
        seconds(LEASE_S),
    )
    if row is None:
        raise StaleError


async def said(
    conn: Connection,
    delivery: Delivery,
    *,
    message_id: MessageId,
    thread: Thread,
    digest: str,
    again_s: float | None,
) -> None:
    """Record that the message is posted. A result wakes its generation.

    Args:
        again_s: look in so many seconds whether it needs an edit; None: it is done.

    Raises:
        StaleError: the claim was lost.
    """
    known = await conn.fetchval(
        "SELECT message_posted($1, $2, $3, $4, $5, $6, $7, $8)",
        delivery.id,
        delivery.fence,
        delivery.version,
        message_id,
        thread,
        digest,
        None if again_s is None else seconds(again_s),
        delivery.generation_id if delivery.kind is Kind.RESULT else None,
    )
    if known is None:
        raise StaleError


async def move(conn: Connection, generation_id: GenerationId, *, thread: Thread) -> bool:
    """Send what is not posted yet to another thread, at once. False: everything is posted."""
    moved: bool = await conn.fetchval("SELECT move_deliveries($1, $2)", generation_id, thread)
    return moved


async def renew(conn: Connection, delivery: Delivery) -> None:
    """Keep the lease while a clip is fetched and uploaded.

    Raises:
        StaleError: the claim was lost.
    """
    renewed = await conn.fetchval(
        "UPDATE deliveries SET lease_until = nd_now() + $3, wake_at = nd_now() + $3 "
        "WHERE id = $1 AND fence = $2 RETURNING true",
        delivery.id,
        delivery.fence,
        seconds(LEASE_S),
    )
    if not renewed:
        raise StaleError


async def current_message(conn: Connection, delivery: Delivery) -> tuple[MessageId | None, bool]:
    """The message that is posted for this delivery by now, and whether another worker may still post one."""
    row = await conn.fetchrow("SELECT message_id, state FROM deliveries WHERE id = $1", delivery.id)
    if row is None:
        return None, False
    return MessageId(row["message_id"]) if row["message_id"] is not None else None, row["state"] == "due"


async def show_again(conn: Connection, delivery: Delivery) -> None:
    """Draw the message again: an edit that came late may have hidden a newer one."""
    await conn.execute(
        "UPDATE deliveries SET state = 'due', digest = NULL, version = version + 1, "
        "wake_at = CASE WHEN lease_until > nd_now() THEN wake_at ELSE nd_now() END "
        "WHERE id = $1 AND kind IN ('progress', 'root_edit') AND message_id IS NOT NULL AND state <> 'gone'",
        delivery.id,
    )


async def note_late(conn: Connection, delivery_id: int, *, until: int) -> None:
    """Note that an edit got no answer, and may take effect until this Unix time.

    This holds whoever has the claim meanwhile. A message that is done is drawn again then.
    """
    await conn.execute(
        "UPDATE deliveries SET memory = memory || jsonb_build_object('late_until', $2::bigint), state = 'due', "
        "digest = CASE WHEN state = 'done' THEN NULL ELSE digest END, "
        "wake_at = CASE WHEN state = 'done' THEN to_timestamp($2::bigint) ELSE wake_at END "
        "WHERE id = $1 AND (kind = 'root_edit' OR kind = 'progress' AND message_id IS NOT NULL) AND state <> 'gone'",
        delivery_id,
        until,
    )


async def put_off(conn: Connection, delivery: Delivery, *, in_s: float, counts: bool = True) -> None:
    """Try again later.

    `counts`: this was a try. A first try stays counted in any case, so that the next one looks for its message.
    """
    await conn.execute(
        "UPDATE deliveries SET lease_owner = NULL, lease_until = NULL, turn_at = NULL, wake_at = nd_now() + $3, "
        "tries = greatest(least(tries, 1), tries - $4) WHERE id = $1 AND fence = $2",
        delivery.id,
        delivery.fence,
        seconds(in_s),
        0 if counts else 1,
    )


async def change(conn: Connection, delivery: Delivery, *, memory: DeliveryMemory, in_s: float = 0.0) -> None:
    """Continue in another form or place, with tries counted from 0.

    The row is due after `in_s` seconds, or at once if the generation has changed meanwhile.
    """
    await conn.execute(
        "UPDATE deliveries SET memory = $3, tries = 0, digest = NULL, lease_owner = NULL, lease_until = NULL, "
        "turn_at = NULL, wake_at = CASE WHEN version = $5 THEN nd_now() + $4 ELSE nd_now() END "
        "WHERE id = $1 AND fence = $2",
        delivery.id,
        delivery.fence,
        memory.as_json(),
        seconds(in_s),
        delivery.version,
    )


async def hand_back(conn: Connection, delivery: Delivery, *, in_s: float) -> None:
    """Give the row back untried: it is due after `in_s` seconds, or at once if the generation has changed meanwhile."""
    await conn.execute(
        "UPDATE deliveries SET lease_owner = NULL, lease_until = NULL, tries = greatest(0, tries - 1), "
        "wake_at = CASE WHEN version = $4 THEN nd_now() + $3 ELSE nd_now() END WHERE id = $1 AND fence = $2",
        delivery.id,
        delivery.fence,
        seconds(in_s),
        delivery.version,
    )


async def give_up(conn: Connection, delivery: Delivery) -> None:
    """End the delivery: the message cannot be posted anywhere."""
    await conn.execute(
        "UPDATE deliveries SET state = 'gone', wake_at = NULL, lease_owner = NULL, lease_until = NULL "
        "WHERE id = $1 AND fence = $2",
        delivery.id,
        delivery.fence,
    )


async def redirect(conn: Connection, delivery: Delivery, *, thread: Thread, told: DeliveryMemory) -> None:
    """Post everything of this generation in another thread from now on, because its place is closed.

    Args:
        told: the place and its reason, which the messages remember beside what they remember already.

    Raises:
        StaleError: the claim was lost.
    """
    done = await conn.fetchval(
        "SELECT redirect_messages($1, $2, $3, $4, $5)",
        delivery.id,
        delivery.fence,
        delivery.generation_id,
        thread,
        told.as_json(),
    )
    if done is None:
        raise StaleError


async def finish(conn: Connection, delivery: Delivery) -> None:
    """End the delivery: the message shows all that it has to."""
    await conn.execute(
        "UPDATE deliveries SET state = 'done', wake_at = NULL, lease_owner = NULL, lease_until = NULL "
        "WHERE id = $1 AND fence = $2",
        delivery.id,
        delivery.fence,
    )


async def nudge(conn: Connection, generation_id: GenerationId) -> None:
    """Make a generation's open messages due, because something that they show has changed.

    A message that a worker holds is due when its lease ends.
    """
    await conn.execute("SELECT wake_messages($1)", generation_id)


async def all_said(conn: Connection, generation_id: GenerationId) -> dict[Kind, str]:
    """The state of each message of a generation; the root message of a take is the first one's."""
    rows = await conn.fetch(
        "SELECT kind, state FROM deliveries WHERE generation_id = $1 UNION ALL "
        "SELECT d.kind, d.state FROM generations g JOIN deliveries d ON d.generation_id = g.take_of "
        " WHERE g.id = $1 AND g.take > 0 AND d.kind = 'root'",
        generation_id,
    )
    known = {kind.value for kind in Kind}
    return {Kind(row["kind"]): row["state"] for row in rows if row["kind"] in known}


def facts(delivery: Delivery) -> dict[str, Any]:
    """What a log line may say about a delivery."""
    return {"generation_id": str(delivery.generation_id), "kind": delivery.kind, "tries": delivery.tries}
