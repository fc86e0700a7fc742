"""What managers look at: every change of a rule, how often rules have refused, and what was used in a month."""

from collections import defaultdict
from typing import Any

from core.db.people.rules import value_of
from core.db.pool import Connection
from core.domain.ids import Installation, PlatformName, UserId
from core.domain.rules.logged import LoggedChange
from core.domain.rules.usage import MonthSums, UsageBy, UsageLine, UsageSum, dearest_first

LINES_MAX = 100_000


async def log(
    conn: Connection, *, platform: PlatformName, installation: Installation, before: int | None, limit: int
) -> list[LoggedChange]:
    """The newest changes, or those before one of them."""
    rows = await conn.fetch("SELECT * FROM rule_log($1, $2, $3, $4)", platform, installation, before, limit)
    return [
        LoggedChange(
            id=row["id"],
            kind=row["kind"],
            subject=row["subject"],
            before=None if row["before"] is None else value_of(row["before"]),
            after=None if row["value"] is None else value_of(row["value"]),
            author=UserId(row["author"]) if row["author"] is not None else None,
            at=row["at"],
            is_operators=row["is_operators"],
        )
        for row in rows
    ]


async def refusals(conn: Connection, *, platform: PlatformName, installation: Installation) -> dict[str, int]:
    """How often each kind of rule has refused something this month, the most first."""
    rows = await conn.fetch(
        "SELECT kind, sum(times)::bigint AS times FROM rule_refusals WHERE platform = $1 AND installation = $2 "
        "AND day >= period_start('month', nd_now())::date GROUP BY kind ORDER BY times DESC, kind",
        platform,
        installation,
    )
    return {row["kind"]: row["times"] for row in rows}


async def usage(
    conn: Connection, *, platform: PlatformName, installation: Installation, lines_max: int = LINES_MAX
) -> tuple[list[UsageLine], int]:
    """What was asked for in this workspace this month (UTC), the oldest first; and how many there are in all."""
    rows = await conn.fetch("SELECT * FROM workspace_usage($1, $2, $3)", platform, installation, lines_max)
    lines = [
        UsageLine(
            asked_at=row["asked_at"],
            member=row["user_id"] or "",
            channel=row["channel"] or "",
            tier=row["tier"],
            provider=row["provider"] or "",
            outcome=row["outcome"],
            credits=row["credits"],
        )
        for row in rows
    ]
    return lines, rows[0]["total"] if rows else 0


async def sums(conn: Connection, *, platform: PlatformName, installation: Installation) -> MonthSums:
    """The same summed up, all of it."""
    rows = await conn.fetch("SELECT * FROM workspace_usage_sums($1, $2)", platform, installation)
    by: dict[UsageBy, list[UsageSum]] = {each: [] for each in UsageBy}
    days: defaultdict[Any, dict[str, int]] = defaultdict(dict)
    videos = cost = 0
    for row in rows:
        match row["summed_by"]:
            case "all":
                videos, cost = row["videos"], row["credits"]
            case "day":
                days[row["day"]][row["name"]] = row["credits"]
            case name:
                found = UsageSum(name=row["name"], videos=row["videos"], credits=row["credits"])
                by[UsageBy(name)].append(found)
    return MonthSums(
        videos=videos, credits=cost, by={each: dearest_first(found) for each, found in by.items()}, days=days
    )
