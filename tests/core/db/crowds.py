"""Many generations of many teams in the database, for tests of who is next."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from core.db.generations.generation_rows import generation_from
from core.db.pool import Connection
from core.domain.generations.generation import Generation
from core.domain.ids import GenerationId, MemberId, RouteKey, TeamId
from core.domain.routing.queueing import Party
from tests.core.rows import generation

T0 = datetime(2026, 11, 22, 12, tzinfo=UTC)
_numbers = count(1)


async def teams(conn: Connection, how_many: int) -> list[TeamId]:
    rows = await conn.fetch(
        "SELECT (ensure_member('test', name, 'ana', 0, interval '30 days')).team_id FROM unnest($1::text[]) AS name",
        [f"crowd-{next(_numbers)}" for _ in range(how_many)],
    )
    return [TeamId(row["team_id"]) for row in rows]


async def ask(conn: Connection, team: TeamId, member: int = 1, *, at_s: float = 0, state: str = "queued") -> Generation:
    """A generation of a team's member, asked for so many seconds after noon; nothing is due."""
    wanted = generation()
    row = await conn.fetchrow(
        """
        INSERT INTO generations (id, team_id, member_id, platform, installation, place, request, tier, chain, prices,
                                 consumed, start_by, created_at, state, wake_at)
        VALUES ($1, $2, $3, 'test', 'w', 'c', $4, 'default', '{veo,kling}', '{"veo": 480}', 480, $6, $5, $7, $6)
        RETURNING *
        """,
        UUID(int=next(_numbers)),
        team,
        team * 100 + member,
        {"prompt": wanted.request.prompt, "tier": "default", "aspect": "16:9"},
        T0 + timedelta(seconds=at_s),
        T0 + timedelta(days=900),
        state,
    )
    assert row is not None
    return generation_from(row)


async def under_way(
    conn: Connection, route: RouteKey, party: Party, *, state: str = "accepted", error_class: str | None = None
) -> Generation:
    """An attempt of a party's generation at a route."""
    made = await ask(conn, party[0], party[1] - party[0] * 100, state="rendering")
    await attempt(conn, made, route, state=state, error_class=error_class)
    return made


async def attempt(
    conn: Connection,
    made: Generation,
    route: RouteKey,
    *,
    n: int = 1,
    state: str = "accepted",
    error_class: str | None = None,
) -> None:
    await conn.execute(
        """
        INSERT INTO attempts (generation_id, n, route, provider, model, external_id, fitted, state, send_deadline,
                              error_class)
        VALUES ($1, $2, $3, 'veo', 'm', gen_random_uuid(), '{}', $4, nd_now(), $5)
        """,
        made.id,
        n,
        route,
        state,
        error_class,
    )


async def line(conn: Connection, route: RouteKey, grace_s: float = 10) -> list[GenerationId]:
    """The queue of a route as Postgres sees it."""
    rows = await conn.fetch(
        "SELECT generation_id FROM route_queue_order($1, $2) ORDER BY place", route, timedelta(seconds=grace_s)
    )
    return [GenerationId(row["generation_id"]) for row in rows]


def held_by(made: Generation, fence: int) -> Generation:
    return replace(made, fence=fence)


def party_of(team: TeamId, member: int) -> Party:
    return team, MemberId(team * 100 + member)


def ids(generations: Sequence[Generation]) -> list[GenerationId]:
    return [made.id for made in generations]
