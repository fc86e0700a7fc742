"""Generations as an operator looks for them: the newest of a state or a team, and one by its id's beginning."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.db.generations.stalled_generations import Stall
from core.db.pool import Connection
from core.domain.errors import ErrorClass
from core.domain.generations.generation import Outcome, State
from core.domain.ids import GenerationId, PlatformName, RouteKey, TeamId
from core.domain.requests.tiers import TierName

PREFIX_LEAST = 4
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationSummary:
    """A generation in one line.

    Args:
        tries: how many attempts it has made.
        route: the last one's.
        wake_at: when its next step is due; None where it waits for an event, or is done.
        stall: why it does not move although it should.
    """

    id: GenerationId
    created_at: datetime
    done_at: datetime | None
    team_id: TeamId
    platform: PlatformName
    tier: TierName
    state: State
    outcome: Outcome | None
    error_class: ErrorClass | None
    tries: int
    route: RouteKey | None
    consumed: int
    settled: int | None
    wake_at: datetime | None
    claims: int
    worker: str | None
    cancel_requested_at: datetime | None
    stall: Stall | None


async def newest(
    conn: Connection,
    *,
    state: State | None = None,
    team_id: TeamId | None = None,
    ids: list[GenerationId] | None = None,
    limit: int,
) -> list[GenerationSummary]:
    """The newest generations, newest first.

    Args:
        conn: a connection.
        state: only those in it.
        team_id: only this team's.
        ids: only these.
        limit: at most so many.
    """
    # Each condition stands only where it is asked for: one plan for all of them would read the whole table.
    conditions: list[str] = []
    values: list[object] = []
    for condition, value in (("state = ${}", state), ("team_id = ${}", team_id), ("id = ANY (${}::uuid[])", ids)):
        if value is not None:
            values.append(value)
            conditions.append(condition.format(len(values)))
    if state is not None and state is not State.DONE:
        # Few rows are live. Those are found first: by the time of asking, the whole table might be read for them.
        conditions.append("id = ANY (ARRAY(SELECT l.id FROM generations l WHERE l.state <> 'done' AND l.state = $1))")
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = await conn.fetch(
        f"SELECT * FROM generation_overview {where} ORDER BY created_at DESC LIMIT {int(limit)}",  # noqa: S608 - ours
        *values,
    )
    return [
        GenerationSummary(
            id=GenerationId(row["id"]),
            created_at=row["created_at"],
            done_at=row["done_at"],
            team_id=TeamId(row["team_id"]),
            platform=PlatformName(row["platform"]),
            tier=TierName(row["tier"]),
            state=State(row["state"]),
            outcome=Outcome(row["outcome"]) if row["outcome"] else None,
            error_class=ErrorClass(row["error_class"]) if row["error_class"] else None,
            tries=row["tries"],
            route=RouteKey(row["route"]) if row["route"] else None,
            consumed=row["consumed"],
            settled=row["settled"],
            wake_at=row["wake_at"],
            claims=row["claims"],
            worker=row["lease_owner"],
            cancel_requested_at=row["cancel_requested_at"],
            stall=Stall(row["stall"]) if row["stall"] else None,
        )
        for row in rows
    ]


async def beginning_with(conn: Connection, text: str) -> list[GenerationId]:
    """The generations whose id begins so, at most a few; none if it is too short or no beginning of an id."""
    digits = text.lower().replace("-", "")
    if not PREFIX_LEAST <= len(digits) <= 32 or not _HEX.issuperset(digits):
        return []
    rows = await conn.fetch(
        "SELECT id FROM generations WHERE id BETWEEN $1 AND $2 ORDER BY id LIMIT 5",
        UUID(digits.ljust(32, "0")),
        UUID(digits.ljust(32, "f")),
    )
    return [GenerationId(row["id"]) for row in rows]
