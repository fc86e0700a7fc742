"""How long reading takes on a team with a long history: balance, statement, use, check, against a primary-key read."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from uuid import uuid4

from core.db.credits import ledger, statements
from core.db.people import teams
from core.db.pool import Connection
from core.domain.ids import Installation, PlatformName, TeamId, UserId

_CALLS = 200

_HISTORY = """
INSERT INTO entry (team_id, seq, kind, leg, delta, held_delta, balance_after, held_after, at, lot_id, member_id, key,
                   channel, note)
SELECT w.team_id, 2 + 2 * n + s.leg, s.kind::entry_kind, s.leg, s.delta, s.held, w.balance - 6 * n - s.less,
       greatest(s.held, 0), now() - interval '1 year' * (1 - (2.0 * n + s.leg) / $2), w.lot_id, $3 + n % 50,
       ('11111111-1111-1111-1111-' || lpad(to_hex(w.team_id * 100000000 + n), 12, '0'))::uuid, 'general', 'standard'
  FROM wallet w, generate_series(0, $2::bigint / 2 - 1) n,
       (VALUES ('consume', 0, -10, 10, 10), ('settle', 1, 4, -10, 6)) s (kind, leg, delta, held, less)
 WHERE w.team_id = $1::bigint
"""


async def grow(conn: Connection, *, rows: int) -> TeamId:
    """A team with so many rows in its ledger, spread over a year: half consumes, half settlements."""
    made = await teams.ensure(
        conn, platform=PlatformName("bench"), installation=Installation("history"), user=UserId("u"), free_credits=0
    )
    team = made.team_id
    await ledger.grant(conn, team_id=team, key=uuid4(), amount=10 * rows, source="bench")
    await conn.execute(_HISTORY, team, rows, made.member_id, timeout=3600)
    await conn.execute(
        "UPDATE wallet SET seq = 1 + $2, balance = balance - 3 * $2, lot_left = lot_left - 3 * $2 WHERE team_id = $1",
        team,
        rows,
    )
    await conn.execute("VACUUM ANALYZE entry", timeout=3600)
    return team


async def _median_ms(call: Callable[[], Awaitable[object]], *, calls: int = _CALLS) -> float:
    times = []
    for _ in range(calls):
        begin = time.perf_counter()
        await call()
        times.append(time.perf_counter() - begin)
    return median(times) * 1000


async def reads(conn: Connection, team: TeamId, *, rows: int) -> None:
    """Print each way of reading with its ratio to reading the wallet's row by its key."""
    now = datetime.now(UTC)
    floor = await _median_ms(lambda: conn.fetchrow("SELECT * FROM wallet WHERE team_id = $1", team))
    ways: list[tuple[str, Callable[[], Awaitable[object]], int]] = [
        ("primary-key read (floor)", lambda: conn.fetchrow("SELECT * FROM wallet WHERE team_id = $1", team), _CALLS),
        ("balance", lambda: ledger.balance(conn, team_id=team), _CALLS),
        ("statement, newest 20", lambda: statements.statement(conn, team_id=team), _CALLS),
        ("statement, 20 in the middle", lambda: statements.statement(conn, team_id=team, before=rows // 2), _CALLS),
        ("use of one day", lambda: statements.use(conn, team_id=team, start=now - timedelta(days=1), end=now), 20),
        ("use of 30 days", lambda: statements.use(conn, team_id=team, start=now - timedelta(days=30), end=now), 3),
    ]
    print(f"\nReading a team with {rows:,} ledger rows (median)")
    for name, call, calls in ways:
        await call()
        took = await _median_ms(call, calls=calls)
        print(f"  {name:30} {took:10.2f} ms {took / floor:10.1f} × the floor")
    begin = time.perf_counter()
    findings = await statements.check(conn, team_id=team)
    assert findings == [], findings
    print(f"  {'check of this team':30} {time.perf_counter() - begin:10.2f} s")
