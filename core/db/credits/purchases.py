"""What people buy in a platform's own shop: credited once for each sale, taken back when the sale is undone."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from core.db.people.teams import FREE_PERIOD
from core.db.pool import Connection
from core.domain.ids import Installation, PlatformName, UserId


class SaleStatus(StrEnum):
    """What became of a sale."""

    OK = "ok"
    REPLAYED = "replayed"
    UNDONE = "undone"
    """It was undone before, and is not credited."""
    UNKNOWN = "unknown"
    """It was undone before it was credited, and never will be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditedSale:
    """A sale, as the ledger has it.

    Args:
        granted: the credits that came; what the buyer owed was kept.
        owed: what the buyer still owes of it.
        installation: whose credits they are.
    """

    status: SaleStatus
    granted: int
    owed: int
    installation: Installation | None


async def credit(
    conn: Connection,
    *,
    platform: PlatformName,
    sale: str,
    key: UUID,
    sku: str,
    buyer: UserId,
    installation: Installation | None,
    own: Installation,
    worth: int,
    bought_at: datetime,
    free_credits: int,
) -> CreditedSale:
    """Credit a sale, once.

    Args:
        worth: in credits.
        installation: for whom, where the platform says so; else for whoever the buyer had in mind, else for `own`.
    """
    row = await conn.fetchrow(
        "SELECT * FROM credit_purchase($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text::interval)",
        platform,
        sale,
        key,
        sku,
        buyer,
        installation,
        own,
        worth,
        bought_at,
        free_credits,
        FREE_PERIOD,
    )
    assert row is not None  # noqa: S101 - a function with OUT parameters answers exactly one row
    return CreditedSale(
        status=SaleStatus(row["status"]),
        granted=row["granted"],
        owed=row["owed"],
        installation=Installation(row["installation"]) if row["installation"] else None,
    )


async def first_of(conn: Connection, *, platform: PlatformName, series: str) -> Installation | None:
    """For whom the first period of a subscription was credited. A period's name is that of the series, and its own."""
    found: str | None = await conn.fetchval(
        "SELECT installation FROM purchase WHERE platform = $1 AND external_id LIKE $2 AND installation IS NOT NULL"
        " ORDER BY bought_at LIMIT 1",
        platform,
        f"{series}:%",
    )
    return Installation(found) if found is not None else None


async def undo(conn: Connection, *, platform: PlatformName, sale: str, sku: str) -> CreditedSale:
    """Undo a sale: what is left of it is taken back. `granted` is what was, in all."""
    row = await conn.fetchrow("SELECT * FROM undo_purchase($1, $2, $3)", platform, sale, sku)
    assert row is not None  # noqa: S101 - as above
    return CreditedSale(
        status=SaleStatus(row["status"]), granted=row["taken_back"], owed=row["owed"], installation=None
    )


async def undone(conn: Connection, *, platform: PlatformName, limit: int) -> list[tuple[str, str]]:
    """The newest sales that were undone with something owed, which may have come back since: their names and goods."""
    rows = await conn.fetch(
        "SELECT external_id, sku FROM purchase WHERE platform = $1 AND undone_at IS NOT NULL AND owed > 0"
        " ORDER BY undone_at DESC LIMIT $2",
        platform,
        limit,
    )
    return [(row["external_id"], row["sku"]) for row in rows]


async def intend(conn: Connection, *, platform: PlatformName, user: UserId, installation: Installation) -> None:
    """A person is about to buy for this workspace."""
    await conn.execute("SELECT note_purchase_intent($1, $2, $3)", platform, user, installation)
