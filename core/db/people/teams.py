"""Teams and members: who a person in a workspace is to the ledger. What the team may spend is in `credits`."""

import asyncpg

from core.db.pool import Connection
from core.domain.chat.principal import Principal
from core.domain.credits.money import FreePeriod, Membership
from core.domain.ids import Installation, MemberId, PlatformName, TeamId, UserId

FREE_CREDITS = 300
FREE_PERIOD = FreePeriod.MONTH
"""Counted from the beginning of the month, in UTC, in which a team is first seen."""


async def ensure(
    conn: Connection,
    *,
    platform: PlatformName,
    installation: Installation,
    user: UserId,
    free_credits: int = FREE_CREDITS,
    free_period: FreePeriod = FREE_PERIOD,
) -> Membership:
    """The team and member of a person, made at first sight. One round trip, which writes nothing when they are known.

    Args:
        free_credits: what a new team gets now and in every period; a team that exists keeps what it has.
        free_period: counted from the beginning of the month, in UTC, in which the team is first seen.
    """
    row = await conn.fetchrow(
        "SELECT * FROM ensure_member($1, $2, $3, $4, $5::text::interval)",
        platform,
        installation,
        user,
        free_credits,
        free_period,
    )
    return _membership(row)


async def of(conn: Connection, principal: Principal, *, free_credits: int) -> Membership:
    """The team and member of the person who acts, made at first sight; see `ensure`."""
    return await ensure(
        conn,
        platform=principal.platform,
        installation=principal.installation,
        user=principal.user,
        free_credits=free_credits,
    )


async def user_of(conn: Connection, member: MemberId) -> UserId | None:
    """The person behind a member's number; None where they are forgotten."""
    user: str | None = await conn.fetchval("SELECT user_id FROM member WHERE id = $1", member)
    return UserId(user) if user is not None else None


async def erase(conn: Connection, *, platform: PlatformName, installation: Installation, user: UserId) -> bool:
    """Forget who a member is; the ledger keeps their number. False if there was nobody of that name."""
    erased: bool = await conn.fetchval("SELECT erase_member($1, $2, $3)", platform, installation, user)
    return erased


def _membership(row: asyncpg.Record | None) -> Membership:
    assert row is not None  # noqa: S101 - a function with OUT parameters answers exactly one row
    return Membership(team_id=TeamId(row["team_id"]), member_id=MemberId(row["member_id"]))


async def team_of(conn: Connection, platform: PlatformName, installation: Installation) -> TeamId | None:
    """The team of a workspace; None if the workspace is unknown."""
    number = await conn.fetchval(
        "SELECT team_id FROM workspace WHERE platform = $1 AND installation = $2", platform, installation
    )
    return TeamId(number) if number is not None else None
