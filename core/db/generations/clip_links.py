"""Links to clips: one for each generation, which ends by itself or is revoked. The address is made of it elsewhere."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.db.pool import Connection, seconds
from core.domain.generations.generation import Clip
from core.domain.ids import GenerationId, LinkId, ProviderName

DAY_S = 86_400.0
RULED_DAYS = {"24h": 1, "30d": 30}
"""How long a link is good for, where the workspace says."""


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
    """The generation's link, made at the first call; None when it was revoked, or its workspace wants none."""
    rule = await conn.fetchval("SELECT link_rule($1)", generation_id)
    if rule == "off":
        return None
    days = RULED_DAYS.get(rule, days)
    row = await conn.fetchrow(
        "INSERT INTO clip_link (generation_id, expires_at) VALUES ($1, nd_now() + $2) "
        "ON CONFLICT (generation_id) DO UPDATE SET generation_id = excluded.generation_id "
        "RETURNING id, expires_at, revoked_at",
        generation_id,
        seconds(days * DAY_S),
    )
    if row is None or row["revoked_at"] is not None:
        return None
    return ClipLink(id=LinkId(row["id"]), expires_at=row["expires_at"])


async def allowed(conn: Connection, generation_id: UUID) -> bool:
    """Whether its workspace wants public addresses of it."""
    off: bool = await conn.fetchval("SELECT link_rule($1) IS NOT DISTINCT FROM 'off'", generation_id)
    return not off


async def find(conn: Connection, link: LinkId) -> Linked | None:
    """What a link shows, whether it may be shown or not; None if there is no such link."""
    row = await conn.fetchrow(
        "SELECT g.id, g.clip, g.request ->> 'prompt' AS prompt, a.provider, l.revoked_at IS NOT NULL AS revoked, "
        "       l.expires_at, l.revoked_at IS NULL AND l.expires_at > nd_now() "
        "       AND link_rule(g.id) IS DISTINCT FROM 'off' AS live "
        "  FROM clip_link l JOIN generations g ON g.id = l.generation_id "
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
        expires_at=row["expires_at"],
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
