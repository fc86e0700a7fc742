"""Links: one-time codes that join a workspace to another's team, and the way back.

Only the hash of a code is stored. Whether a person may link is for the caller to know: both the one who makes a code
and the one who redeems it must be admins where they do it.
"""

import secrets
from datetime import timedelta
from hashlib import sha256

from core.db.pool import Connection
from core.domain.credits.history import Name
from core.domain.credits.money import LinkCode, MoneyStatus, Redeemed
from core.domain.ids import Installation, MemberId, PlatformName, TeamId, UserId

CODE_LIFE = timedelta(minutes=10)
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 10


async def link(conn: Connection, *, team_id: TeamId, member: MemberId) -> LinkCode:
    """A new code for this team, in two halves of five. It replaces the team's older ones.

    Raises:
        LookupError: the member is not of this team.
    """
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    expires_at = await conn.fetchval("SELECT link_team($1, $2, $3, $4)", team_id, member, _hash(code), CODE_LIFE)
    if expires_at is None:
        raise LookupError(f"member {member} is not of team {team_id}")
    return LinkCode(code=f"{code[:5]}-{code[5:]}", expires_at=expires_at)


async def redeem(
    conn: Connection, *, code: str, platform: PlatformName, installation: Installation, member: MemberId
) -> Redeemed:
    """Join this workspace's team to the one that the code was made for. Case, spaces and dashes do not matter."""
    row = await conn.fetchrow("SELECT * FROM redeem_link($1, $2, $3, $4)", _hash(code), platform, installation, member)
    assert row is not None  # noqa: S101 - a function with OUT parameters answers exactly one row
    status = MoneyStatus(row["status"])
    return Redeemed(
        status=status,
        team_id=TeamId(row["team_id"]) if status.moved else None,
        made_by=MemberId(row["made_by"]) if row["made_by"] is not None else None,
        moved=row["moved"],
    )


async def unlink(
    conn: Connection, *, platform: PlatformName, installation: Installation, member: MemberId
) -> MoneyStatus:
    """Give a workspace back to the team that it came with. What it had brought stays where it is."""
    status = await conn.fetchval("SELECT status FROM unlink_workspace($1, $2, $3)", platform, installation, member)
    return MoneyStatus(status)


async def maker(conn: Connection, *, code: str) -> Name | None:
    """The admin who made a code that can still be used."""
    row = await conn.fetchrow("SELECT * FROM link_code_author($1)", _hash(code))
    if row is None:
        return None
    return Name(
        platform=PlatformName(row["platform"]),
        installation=Installation(row["installation"]),
        user_id=UserId(row["user_id"]),
    )


async def revoke(conn: Connection, *, code: str) -> None:
    """Make a code worthless."""
    await conn.execute("SELECT revoke_link($1)", _hash(code))


def _hash(code: str) -> bytes:
    typed = "".join(character for character in code.upper() if character.isalnum())
    return sha256(typed.encode()).digest()
