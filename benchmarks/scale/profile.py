"""What each statement takes, a generation: how often it is said and how long Postgres works on it."""

from typing import Any

MOST = 40
BY_STATEMENT = """
SELECT left(regexp_replace(query, '\\s+', ' ', 'g'), 90) AS query, sum(calls) AS calls, sum(total_exec_time) AS ms
  FROM pg_stat_statements WHERE query !~ 'pg_stat_statements|pg_stat_activity|AND state <> ' GROUP BY 1
"""

Profile = dict[str, tuple[float, float]]


async def read(conn: Any) -> Profile:
    """By statement: calls and milliseconds since the server was started."""
    return {row["query"]: (float(row["calls"]), row["ms"]) for row in await conn.fetch(BY_STATEMENT)}


def lines(before: Profile, after: Profile, *, generations: int) -> list[str]:
    """The dearest first, each a generation."""
    spent = {
        query: ((calls - before.get(query, (0, 0))[0]) / generations, (ms - before.get(query, (0, 0))[1]) / generations)
        for query, (calls, ms) in after.items()
    }
    dearest = sorted(spent.items(), key=lambda item: -item[1][1])
    return [f"    {calls:6.2f} x  {ms:7.3f} ms  {query}" for query, (calls, ms) in dearest[:MOST] if calls > 0]
