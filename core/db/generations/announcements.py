"""Announcements that the bot posts in a community's gallery: a contest begins or ends, the week's best videos."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from core.db.generations.showings import LEASE_S
from core.db.pool import Connection, seconds
from core.domain.ids import GenerationId, Installation, PlatformName


class AnnouncementKind(StrEnum):
    """One announcement that the bot posts in a gallery."""

    CONTEST_BEGINS = "contest_begins"
    CONTEST_ENDS = "contest_ends"
    BEST = "best"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """Something that is to be said in a gallery."""

    id: int
    platform: PlatformName
    installation: Installation
    kind: AnnouncementKind
    contest_id: UUID | None
    best: tuple[GenerationId, ...]
    key: UUID
    fence: int
    tries: int
    created_at: datetime


async def claim(conn: Connection, *, limit: int) -> list[Announcement]:
    """Take what is to be said; nobody else takes it for two minutes."""
    rows = await conn.fetch("SELECT * FROM claim_announcements($1, $2)", limit, seconds(LEASE_S))
    return [
        Announcement(
            id=row["id"],
            platform=PlatformName(row["platform"]),
            installation=Installation(row["installation"]),
            kind=AnnouncementKind(row["kind"]),
            contest_id=row["contest_id"],
            best=tuple(GenerationId(each) for each in row["best"]),
            key=row["key"],
            fence=row["fence"],
            tries=row["tries"],
            created_at=row["created_at"],
        )
        for row in rows
    ]


async def announced(conn: Connection, announcement: Announcement, *, in_s: float | None, is_said: bool) -> None:
    """Record that it was posted, or when the next try is due; with neither, it cannot be posted there."""
    state = "said" if is_said else "gone" if in_s is None else "due"
    await conn.execute(
        "UPDATE announcement SET state = $3, wake_at = nd_now() + $4 WHERE id = $1 AND fence = $2",
        announcement.id,
        announcement.fence,
        state,
        seconds(in_s or 0.0),
    )
