"""Links to clips: one for each generation, which ends by itself or is revoked. The address is made of it elsewhere."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.db.pool import Connection, seconds
from core.domain.generations.generation import Clip
from core.domain.ids import GenerationId, LinkId, ProviderName

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipLink:
    """What stands behind a link's address."""

    id: LinkId
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """What a link shows. `live`: it has neither ended nor been revoked."""

    generation_id: GenerationId
    revoked: bool
    live: bool
    expires_at: datetime
    prompt: str
    maker: ProviderName | None
    clip: Clip | None


async def ensure(conn: Connection, generation_id: UUID, *, days: int) -> ClipLink | None:
    """The generation's link, made at the first call; None when it has ended, or there is to be none."""
    row = await conn.fetchrow(
        "INSERT INTO clip_link AS l (generation_id, expires_at) "
        "SELECT $1, nd_now() + lasts FROM link_lasts($1, $2) lasts WHERE lasts IS NOT NULL "
        "ON CONFLICT (generation_id) DO UPDATE SET generation_id = excluded.generation_id "
        "RETURNING id, revoked_at, link_ends($1, l.created_at, l.expires_at) AS ends, nd_now() AS now",
        generation_id,
        seconds(days * DAY_S),
    )
    if row is None or row["revoked_at"] is not None or row["ends"] <= row["now"]:
        return None
    return ClipLink(id=LinkId(row["id"]), expires_at=row["ends"])


async def renew(conn: Connection, generation_id: UUID, *, days: int) -> ClipLink | None:
    """The same for somebody who wants it shared: a link that has ended begins anew; one that was revoked does not."""
    await conn.execute(
        "UPDATE clip_link l SET created_at = nd_now(), expires_at = nd_now() + link_lasts($1, $2) "
        "WHERE l.generation_id = $1 AND l.revoked_at IS NULL AND link_lasts($1, $2) IS NOT NULL "
        "AND link_ends($1, l.created_at, l.expires_at) <= nd_now()",
        generation_id,
        seconds(days * DAY_S),
    )
    return await ensure(conn, generation_id, days=days)


async def lasts_s(conn: Connection, generation_id: UUID, *, days: int) -> float | None:
    """For how long its workspace wants a public address of it; None is not at all. `days`: where it says nothing."""
    found = await conn.fetchval("SELECT link_lasts($1, $2)", generation_id, seconds(days * DAY_S))
    return found.total_seconds() if found is not None else None


async def find(conn: Connection, link: LinkId) -> Linked | None:
    """What a link shows, whether it may be shown or not; None if there is no such link."""
    row = await conn.fetchrow(
        "SELECT g.id, g.clip, g.request ->> 'prompt' AS prompt, a.provider, l.revoked_at IS NOT NULL AS revoked, "
        "       ends, l.revoked_at IS NULL AND ends > nd_now() AS live "
        "  FROM clip_link l JOIN generations g ON g.id = l.generation_id "
        " CROSS JOIN LATERAL link_ends(g.id, l.created_at, l.expires_at) AS ends "
        "  LEFT JOIN attempts a ON a.generation_id = g.id AND a.n = g.winner_attempt "
        " WHERE l.id = $1",
        link,
    )
    if row is None:
        return None
    return Linked(
        generation_id=GenerationId(row["id"]),
        revoked=row["revoked"],
        live=row["live"],
        expires_at=row["ends"],
        prompt=row["prompt"],
        maker=ProviderName(row["provider"]) if row["provider"] is not None else None,
        clip=Clip(**row["clip"]) if row["clip"] else None,
    )


async def revoke(conn: Connection, generation_id: UUID) -> bool:
    """Shut the generation's link for good. False if there was none to shut."""
    status: str = await conn.execute(
        "UPDATE clip_link SET revoked_at = nd_now() WHERE generation_id = $1 AND revoked_at IS NULL", generation_id
    )
    return status == "UPDATE 1"
