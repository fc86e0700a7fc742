"""The show of a community: its gallery, and the videos in it with their votes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import asyncpg

from core.db.pool import Connection, seconds
from core.domain.ids import GenerationId, Installation, MemberId, MessageId, PlatformName, Thread, UserId

LEASE_S = 120.0


class VoteStatus(StrEnum):
    """What became of a vote."""

    VOTED = "voted"
    TAKEN_BACK = "taken_back"
    OWN = "own"
    OVER = "over"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """A video on its way into a gallery.

    Args:
        place: the gallery's.
        is_entry: it is in a contest.
        leaving: its message, which is to go.
    """

    generation_id: GenerationId
    platform: PlatformName
    installation: Installation
    user: UserId | None
    key: UUID
    place: Thread
    is_spoiler: bool
    is_entry: bool
    leaving: MessageId | None
    fence: int
    tries: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A video in a gallery."""

    generation_id: GenerationId
    user: UserId | None
    prompt: str
    votes: int
    place: Thread | None = None
    message: MessageId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gallery:
    """The channel in which a workspace shows its videos. `locale`: the language of the announcements there."""

    place: Thread
    locale: str | None


async def open_gallery(
    conn: Connection,
    *,
    platform: PlatformName,
    installation: Installation,
    place: Thread | None,
    is_adult: bool,
    locale: str | None,
    by: MemberId,
) -> None:
    """Show videos there from now on; without a place nowhere any more."""
    if place is None:
        await conn.execute("DELETE FROM gallery WHERE platform = $1 AND installation = $2", platform, installation)
        return
    await conn.execute(
        """
        INSERT INTO gallery (platform, installation, place, is_adult, locale, changed_by)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (platform, installation) DO UPDATE
           SET place = excluded.place, is_adult = excluded.is_adult, locale = excluded.locale,
               changed_by = excluded.changed_by, changed_at = nd_now()
        """,
        platform,
        installation,
        place,
        is_adult,
        locale,
        by,
    )


async def gallery(conn: Connection, *, platform: PlatformName, installation: Installation) -> Gallery | None:
    """Where a workspace shows its videos."""
    row = await conn.fetchrow(
        "SELECT place, locale FROM gallery WHERE platform = $1 AND installation = $2", platform, installation
    )
    return Gallery(place=Thread(row["place"]), locale=row["locale"]) if row is not None else None


async def propose(
    conn: Connection,
    generation_id: GenerationId,
    *,
    platform: PlatformName,
    installation: Installation,
    user: UserId,
    is_adult: bool,
    is_spoiler: bool,
) -> bool:
    """A video was asked for that may be shown. Whether there is a gallery that will."""
    is_proposed: bool = await conn.fetchval(
        "SELECT propose_showing($1, $2, $3, $4, $5, $6)",
        generation_id,
        platform,
        installation,
        user,
        is_adult,
        is_spoiler,
    )
    return is_proposed


async def withdraw(
    conn: Connection, generation_id: UUID, *, platform: PlatformName, installation: Installation, user: UserId
) -> bool:
    """Its person does not want it shown: its message goes. False: it is not theirs, or in no gallery."""
    status = await conn.execute(
        """
        UPDATE showing SET state = CASE state WHEN 'shown' THEN 'leaving' ELSE 'hidden' END, fence = fence + 1,
                           wake_at = nd_now(), contest_id = NULL
         WHERE generation_id = $1 AND platform = $2 AND installation = $3 AND user_id = $4
           AND state NOT IN ('hidden', 'leaving')
        """,
        generation_id,
        platform,
        installation,
        user,
    )
    return status == "UPDATE 1"


async def release(conn: Connection) -> None:
    """Let finished videos come to their galleries, and contests and weeks begin and end."""
    await conn.execute("SELECT release_showings()")
    await conn.execute("SELECT turn_of_the_show()")


async def claim(conn: Connection, *, limit: int) -> list[Showing]:
    """Take videos that are to be posted or to go; nobody else takes them for two minutes."""
    rows = await conn.fetch("SELECT * FROM claim_showings($1, $2)", limit, seconds(LEASE_S))
    return [
        Showing(
            generation_id=GenerationId(row["generation_id"]),
            platform=PlatformName(row["platform"]),
            installation=Installation(row["installation"]),
            user=UserId(row["user_id"]) if row["user_id"] else None,
            key=row["key"],
            place=Thread(row["place"]),
            is_spoiler=row["is_spoiler"],
            is_entry=row["contest_id"] is not None,
            leaving=MessageId(row["message_id"]) if row["state"] == "leaving" else None,
            fence=row["fence"],
            tries=row["tries"],
            created_at=row["created_at"],
        )
        for row in rows
    ]


async def shown(conn: Connection, showing: Showing, *, place: Thread, message: MessageId) -> bool:
    """It is up. False: it was hidden, or claimed by somebody else, meanwhile."""
    status = await conn.execute(
        "UPDATE showing SET state = 'shown', place = $3, message_id = $4, shown_at = nd_now()"
        " WHERE generation_id = $1 AND fence = $2",
        showing.generation_id,
        showing.fence,
        place,
        message,
    )
    return status == "UPDATE 1"


async def put_off(conn: Connection, showing: Showing, *, in_s: float | None) -> None:
    """Try again later; None: it cannot be shown there, or is out of there."""
    await conn.execute(
        "UPDATE showing SET state = CASE WHEN $3::interval IS NOT NULL THEN state WHEN state = 'leaving' THEN 'hidden'"
        " ELSE 'gone' END,"
        " wake_at = nd_now() + coalesce($3, interval '0') WHERE generation_id = $1 AND fence = $2",
        showing.generation_id,
        showing.fence,
        None if in_s is None else seconds(in_s),
    )


async def vote(
    conn: Connection, generation_id: UUID, *, platform: PlatformName, installation: Installation, user: UserId
) -> tuple[VoteStatus, int]:
    """Vote, or take the vote back; and how many votes there are now."""
    row = await conn.fetchrow("SELECT * FROM cast_vote($1, $2, $3, $4)", generation_id, platform, installation, user)
    assert row is not None  # noqa: S101 - a function with OUT parameters answers exactly one row
    return VoteStatus(row["status"]), row["votes"]


async def best(
    conn: Connection,
    *,
    platform: PlatformName,
    installation: Installation,
    over_s: float,
    limit: int,
    contest_id: UUID | None = None,
) -> list[Shown]:
    """The videos with the most votes, among equals the older first; of a contest, or of the last time."""
    rows = await conn.fetch(
        """
        SELECT s.generation_id, s.user_id, s.votes, s.place, s.message_id, g.request ->> 'prompt' AS prompt
          FROM showing s JOIN generations g ON g.id = s.generation_id
         WHERE s.platform = $1 AND s.installation = $2 AND s.state = 'shown'
           AND CASE WHEN $3::uuid IS NULL THEN s.shown_at > nd_now() - $4::interval AND s.votes > 0
                    ELSE s.contest_id = $3 END
         ORDER BY s.votes DESC, s.shown_at, s.generation_id LIMIT $5
        """,
        platform,
        installation,
        contest_id,
        seconds(over_s),
        limit,
    )
    return [_shown(row) for row in rows]


async def named(conn: Connection, generation_ids: Sequence[GenerationId]) -> list[Shown]:
    """These videos, in this order, as far as they are still shown."""
    rows = await conn.fetch(
        """
        SELECT s.generation_id, s.user_id, s.votes, s.place, s.message_id, g.request ->> 'prompt' AS prompt
          FROM showing s JOIN generations g ON g.id = s.generation_id
         WHERE s.generation_id = ANY ($1) AND s.state = 'shown' ORDER BY array_position($1, s.generation_id)
        """,
        list(generation_ids),
    )
    return [_shown(row) for row in rows]


def _shown(row: asyncpg.Record) -> Shown:
    return Shown(
        generation_id=GenerationId(row["generation_id"]),
        user=UserId(row["user_id"]) if row["user_id"] else None,
        prompt=row["prompt"] or "",
        votes=row["votes"],
        place=Thread(row["place"]) if row["place"] else None,
        message=MessageId(row["message_id"]) if row["message_id"] else None,
    )
