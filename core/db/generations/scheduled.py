"""Videos that are made later, in Postgres. Nobody names one without being its person."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

import asyncpg

from core.db.generations.generation_rows import request_from
from core.db.pool import Connection, seconds
from core.domain.chat.principal import Belongs, Principal
from core.domain.ids import ChannelId, Installation, PlatformName, Thread, UserId
from core.domain.requests.options import Option
from core.domain.rules.later_video import LaterVideo
from core.domain.rules.presets import Said

WAITING_MOST = 50
"""Of one person in one workspace."""
LEASE_S = 120.0


async def write(conn: Connection, later: LaterVideo) -> bool:
    """Write it down, once for each id. False: the person has too many that wait."""
    said = later.said
    command = {
        "channel": later.channel,
        "place": later.place,
        "request": asdict(later.request),
        "said": None if said is None else {"options": sorted(said.options), "preset": said.preset},
        "takes": later.takes,
        "asked_by": later.asked_by,
        "locale": later.locale,
        "place_locale": later.place_locale,
        "belongs": later.belongs,
        "is_adult": later.is_adult,
        "is_private": later.is_private,
        "roles": list(later.roles),
    }
    written: bool = await conn.fetchval(
        "SELECT schedule_video($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        later.id,
        later.platform,
        later.installation,
        later.user,
        command,
        later.zone,
        later.due_at,
        later.when_cheap,
        WAITING_MOST,
    )
    return written


async def claim(conn: Connection, *, limit: int) -> list[LaterVideo]:
    """Those that are due, or may be cheap now; nobody else has them for a while."""
    rows = await conn.fetch("SELECT * FROM claim_scheduled($1, $2)", limit, seconds(LEASE_S))
    return [_later(row) for row in rows]


async def end(conn: Connection, later_id: UUID, state: str) -> bool:
    """It has begun, or was refused. False: it waits no more."""
    ended: bool = await conn.fetchval("SELECT end_scheduled($1, $2)", later_id, state)
    return ended


async def change(
    conn: Connection, later_id: UUID, *, by: Principal, due_at: datetime | None = None, cancel: bool = False
) -> bool:
    """Its person puts it off, or cancels it. False: it is not theirs, or waits no more."""
    rows = await conn.fetch(
        "SELECT id FROM change_scheduled($1, $2, $3, $4, $5, $6)",
        later_id,
        by.platform,
        by.installation,
        by.user,
        due_at,
        cancel,
    )
    return bool(rows)


async def own(conn: Connection, *, by: Principal, limit: int) -> list[LaterVideo]:
    """What a person has waiting here, the next one first."""
    rows = await conn.fetch(
        "SELECT * FROM scheduled WHERE platform = $1 AND installation = $2 AND user_id = $3 AND state = 'waiting' "
        "ORDER BY due_at LIMIT $4",
        by.platform,
        by.installation,
        by.user,
        limit,
    )
    return [_later(row) for row in rows]


async def to_warn(conn: Connection, *, ahead_s: float, limit: int) -> list[LaterVideo]:
    """Those that begin soon, each once."""
    rows = await conn.fetch("SELECT * FROM scheduled_to_warn($1, $2)", seconds(ahead_s), limit)
    return [_later(row) for row in rows]


def _later(row: asyncpg.Record) -> LaterVideo:
    command = row["command"]
    said = command.get("said")
    known = set(Option)
    return LaterVideo(
        id=row["id"],
        platform=PlatformName(row["platform"]),
        installation=Installation(row["installation"]),
        user=UserId(row["user_id"]),
        channel=ChannelId(command["channel"]),
        place=Thread(command["place"]),
        request=request_from(command["request"]),
        due_at=row["due_at"],
        zone=row["zone"],
        when_cheap=row["when_cheap"],
        said=None
        if said is None
        else Said(options=frozenset(Option(each) for each in said["options"] if each in known), preset=said["preset"]),
        takes=command["takes"],
        asked_by=command["asked_by"],
        locale=command["locale"],
        place_locale=command["place_locale"],
        belongs=Belongs(command["belongs"]),
        is_adult=command["is_adult"],
        is_private=command.get("is_private", False),
        roles=tuple(command["roles"]),
    )
