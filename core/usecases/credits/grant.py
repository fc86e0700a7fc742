"""A shop tops a team up: once for each of its keys."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from core.db.credits import ledger
from core.db.errors import transaction
from core.db.people import teams
from core.db.pool import Pool
from core.domain.credits.money import MoneyStatus, Moved
from core.domain.ids import Installation, PlatformName, TeamId

SOURCE = "shop"
_KEYS = UUID("0f4c1d1e-6a53-5f0e-9c55-2d6d1e7c9a10")


@dataclass(frozen=True, slots=True, kw_only=True)
class Topup:
    """What a shop has sold.

    Args:
        key: the shop's own name for the sale, such as its order's number.
        team: by number, or as a workspace of it.
        expires_at: when what is left of it lapses; None for never.
    """

    key: str
    team: TeamId | tuple[PlatformName, Installation]
    credits: int
    expires_at: datetime | None = None
    note: str | None = None


async def grant(topup: Topup, *, pool: Pool) -> Moved:
    """Give the team what it bought. Repeating a key gives nothing more, and answers as before.

    Raises:
        DatabaseAway
    """
    async with transaction(pool) as conn:
        team_id = await teams.team_of(conn, *topup.team) if isinstance(topup.team, tuple) else topup.team
        if team_id is None:
            return Moved(status=MoneyStatus.UNKNOWN_TEAM, balance=0, held=0)
        return await ledger.grant(
            conn,
            team_id=team_id,
            key=uuid5(_KEYS, topup.key),
            amount=topup.credits,
            source=SOURCE,
            expires_at=topup.expires_at,
            note=topup.note,
        )
