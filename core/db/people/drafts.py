"""What people have typed and not yet asked for, and the presses that count as one."""

from dataclasses import asdict
from uuid import UUID

from core.db.pool import Connection, seconds
from core.domain.ids import Installation, PlatformName, UserId
from core.domain.requests.drafts import Draft

KEPT_S = 86_400.0
MOMENT_S = 3.0
_LISTS = ("settled", "without", "references", "reference_keys")


async def keep(
    conn: Connection, draft: Draft, *, draft_id: UUID, platform: PlatformName, installation: Installation, user: UserId
) -> None:
    """Keep it for a day."""
    await conn.execute(
        "SELECT keep_draft($1, $2, $3, $4, $5, $6)",
        draft_id,
        platform,
        installation,
        user,
        asdict(draft),
        seconds(KEPT_S),
    )


async def load(
    conn: Connection, draft_id: UUID, *, platform: PlatformName, installation: Installation, user: UserId
) -> Draft | None:
    """A draft of this person in this workspace; None where there is none."""
    kept = await conn.fetchval(
        "SELECT draft FROM drafts WHERE id = $1 AND platform = $2 AND installation = $3 AND user_id = $4 "
        "AND kept_at > nd_now() - $5::interval",
        draft_id,
        platform,
        installation,
        user,
        seconds(KEPT_S),
    )
    if kept is None:
        return None
    known = {name: value for name, value in kept.items() if name in Draft.__dataclass_fields__}
    return Draft(**{**known, **{name: tuple(known.get(name, ())) for name in _LISTS}})


async def press(conn: Connection, event: str, *, button: str) -> str:
    """The press that this one counts as: the same for all of one person on one button within a moment.

    Args:
        event: the platform's own id of it, the same in every redelivery.
        button: whose button it is and what it does.
    """
    counts_as: str = await conn.fetchval("SELECT count_press($1, $2, $3)", event, button, seconds(MOMENT_S))
    return counts_as
