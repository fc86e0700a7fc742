"""What is no longer kept: of people who are erased, and of everybody once it is old enough."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from core.db.pool import Connection
from core.domain.ids import GenerationId, Installation, PlatformName, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A generation that has to be scrubbed, and the keys of the pictures that it began and ended with."""

    id: GenerationId
    pictures: tuple[str, ...]


async def begin_erasure(
    conn: Connection, *, platform: PlatformName, installation: Installation | None, user: UserId
) -> tuple[int, Sequence[UUID]]:
    """Forget who somebody is, in one workspace or in all of a platform; the ledger keeps their numbers.

    Returns how many members they were, and the generations of theirs that are not over yet.
    """
    row = await conn.fetchrow("SELECT * FROM begin_erasure($1, $2, $3)", platform, installation, user)
    assert row is not None  # noqa: S101 - a function with OUT parameters answers exactly one row
    return row["members"], row["live"]


async def due(conn: Connection, *, days: int, limit: int) -> list[Due]:
    """What has to be scrubbed now; `days` is for workspaces that have not chosen."""
    rows = await conn.fetch("SELECT * FROM to_be_scrubbed($1, $2)", days, limit)
    return [Due(id=GenerationId(row["id"]), pictures=tuple(row["pictures"])) for row in rows]


async def unneeded(conn: Connection, found: Due) -> list[str]:
    """The keys of its pictures that no other generation needs."""
    rows = await conn.fetch(
        "SELECT key FROM unnest($1::text[]) AS key WHERE NOT picture_is_needed(key, $2)", list(found.pictures), found.id
    )
    return [row["key"] for row in rows]


async def unnamed(conn: Connection, keys: Sequence[str]) -> list[str]:
    """Those keys of pictures that belong to no generation that is kept."""
    rows = await conn.fetch(
        "SELECT key FROM unnest($1::text[]) AS key WHERE NOT picture_is_needed(key, $2)", list(keys), UUID(int=0)
    )
    return [row["key"] for row in rows]


async def scrub(conn: Connection, generation_id: GenerationId) -> None:
    """Take out of the rows what people gave and what was made for them. The files go before."""
    await conn.execute("SELECT scrub_generation($1)", generation_id)


async def close_erasures(conn: Connection) -> int:
    """Close what is done; returns how many generations of erased people are not scrubbed yet."""
    left: int = await conn.fetchval("SELECT close_erasures()")
    return left
