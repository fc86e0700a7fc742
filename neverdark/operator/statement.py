"""`neverdark credits statement`: a team's ledger, one line for each generation and each other movement."""

from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any

import typer

from core.db.credits import statements
from core.db.errors import connection
from core.db.people import team_directory
from core.db.pool import Connection, Pool
from core.domain.credits.money import EntryKind, StatementLine
from core.settings import Settings
from neverdark.operator import times
from neverdark.operator.session import run
from neverdark.operator.tables import Column, Csv, Form, Json, chosen, day_and_time, escaped, number, say, show, signed
from neverdark.operator.teams import TEAM, called, the_team

PAGE = 1000
SHOWN = 40
"""Lines of a table by default; an export has all lines."""

_FIELDS = [field.name for field in fields(StatementLine)]
COLUMNS = (
    Column(title="line", key="seq", is_number=True),
    Column(title="when (UTC)", key="at", cell=day_and_time),
    Column(title="what", key="kind"),
    Column(title="taken", key="taken", cell=number, is_number=True, is_wide=True),
    Column(title="back", key="given_back", cell=number, is_number=True, is_wide=True),
    Column(title="credits", key="amount", cell=signed, is_number=True),
    Column(title="held", key="held", cell=number, is_number=True, is_wide=True),
    Column(title="balance", key="balance_after", cell=number, is_number=True),
    Column(title="member", key="member_id", is_number=True, is_wide=True),
    Column(title="note", key="words", is_whole=False),
)


def statement(
    team: Annotated[str, TEAM],
    start: Annotated[str | None, typer.Option("--from", help="Lines from this day or time on, in UTC.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Lines before this day or time, in UTC.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help=f"At most so many, the newest. A table has {SHOWN}, an export all.")
    ] = None,
    *,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Print a team's statement, the newest line first: a generation with its settlement and corrections is one line."""
    form = chosen(as_json=as_json, as_csv=as_csv)
    most = limit if limit is not None else SHOWN if form is Form.TABLE else None
    since = times.instant(start, option="--from") if start else None
    until = times.instant(end, option="--to") if end else None

    async def work(pool: Pool, _: Settings) -> tuple[team_directory.TeamEntry, list[StatementLine]]:
        async with connection(pool) as conn:
            found = await the_team(conn, team)
            return found, await _lines(conn, found, since=since, until=until, most=most)

    found, lines = run(work)
    if form is not Form.TABLE:
        rows = [_row(line) for line in lines]
        show(rows, COLUMNS, form=form, empty="", fields=_FIELDS)
        return
    show([_row(line) | {"words": _words(line)} for line in lines], COLUMNS, form=form, empty="There are no such lines.")
    if lines:
        say(f"[dim]{escaped(_summary(found, lines, most=most))}[/]")


async def _lines(
    conn: Connection,
    team: team_directory.TeamEntry,
    *,
    since: datetime | None,
    until: datetime | None,
    most: int | None,
) -> list[StatementLine]:
    """The lines in [since, until), newest first.

    Expired credits are dated at their expiry and booked later, so pages are read until all bookings are too old.
    """
    first = await statements.first_since(conn, team_id=team.id, since=since) if since is not None else 1
    found: list[StatementLine] = []
    before: int | None = None
    while True:
        page = await statements.statement(conn, team_id=team.id, before=before, limit=PAGE)
        found += [line for line in page if (since is None or line.at >= since) and (until is None or line.at < until)]
        if most is not None and len(found) >= most:
            return found[:most]
        if len(page) < PAGE or page[-1].seq < first:
            return found
        before = page[-1].seq


def _row(line: StatementLine) -> dict[str, Any]:
    return {name: getattr(line, name) for name in _FIELDS}


def _words(line: StatementLine) -> str:
    """The note, with the reason of a refund; credits that are still held are marked."""
    held = "under way" if line.kind is EntryKind.CONSUME and line.settled_at is None else None
    return " · ".join(part for part in (line.note, line.why, held) if part)


def _summary(team: team_directory.TeamEntry, lines: list[StatementLine], *, most: int | None) -> str:
    came = sum(line.amount for line in lines if line.amount > 0)
    went = -sum(line.amount for line in lines if line.amount < 0)
    shown = f"The newest {len(lines)} lines" if most is not None and len(lines) == most else f"{len(lines)} lines"
    now = f" Its balance is {team.balance:,} now, and {team.held:,} are held." if team.joined_to is None else ""
    return f"{shown} of {called(team)}: {came:,} credits came, {went:,} went.{now}"
