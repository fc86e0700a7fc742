"""`neverdark credits`: balances, grants, statements, and a check of the ledger."""

from typing import Annotated, Any
from uuid import UUID, uuid4, uuid5

import typer

from core.db.credits import ledger, statements
from core.db.errors import connection, transaction
from core.db.generations import claims
from core.db.people import team_directory
from core.db.pool import Pool
from core.db.workers import now as database_now
from core.domain.credits.money import MoneyStatus, Moved
from core.domain.text import NOTE_MAX, clean
from core.replies.chat.words import count
from core.settings import Settings
from neverdark.errors import CliError
from neverdark.operator import teams, times
from neverdark.operator.session import ACTOR, Unclear, run
from neverdark.operator.statement import statement
from neverdark.operator.tables import (
    Column,
    Csv,
    Json,
    chosen,
    credit_count,
    day,
    escaped,
    number,
    say,
    say_json,
    show,
    table,
)
from neverdark.operator.teams import TEAM, called, the_team

app = typer.Typer(help="What teams have, and giving them more.", no_args_is_help=True)
app.command()(statement)

CHECK_PATIENCE_S = 600.0
"""Seconds for a statement of the check, which reads the whole ledger."""
_KEYS = UUID("5b0c7a52-4b8e-5c53-9f0a-6f70657261a1")
_CREDITS_MAX = 1_000_000_000

LOTS = (
    Column(title="from", key="source"),
    Column(title="left", key="remaining", cell=number, is_number=True),
    Column(title="of", key="granted", cell=number, is_number=True),
    Column(title="since", key="granted_at", cell=day),
    Column(title="lapses", key="expires_at", cell=day),
)
WRONG = (
    Column(title="team", key="team", is_number=True),
    Column(title="what is wrong", key="wrong", cell=lambda words: escaped("\n".join(words)), is_whole=False),
)


@app.command("teams")
def list_teams(
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many, the newest.")] = 50,
    *,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """List the teams, the newest first."""
    form = chosen(as_json=as_json, as_csv=as_csv)

    async def work(pool: Pool, _: Settings) -> list[team_directory.TeamEntry]:
        async with connection(pool) as conn:
            return await team_directory.teams(conn, limit=limit)

    rows = [teams.row_of(team) for team in run(work)]
    show(rows, teams.COLUMNS, form=form, empty="There are no teams yet: one is made when its first person asks.")


@app.command(context_settings={"ignore_unknown_options": True})  # -5 is an argument here, not an option
def grant(
    team: Annotated[str, TEAM],
    amount: Annotated[int, typer.Argument(metavar="CREDITS", min=1, max=_CREDITS_MAX, help="How many.")],
    expires: Annotated[
        str | None, typer.Option(help="When what is left of them lapses: 2027-01-31 (its end, UTC), or 30d.")
    ] = None,
    why: Annotated[str | None, typer.Option(help="A note for the statement.")] = None,
    key: Annotated[str | None, typer.Option(help="Any name of this grant: the same one again grants nothing.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Give credits to a team."""
    name = key or uuid4().hex

    async def work(pool: Pool, _: Settings) -> tuple[team_directory.TeamEntry, Moved]:
        async with transaction(pool) as conn:
            found = await the_team(conn, team)
            lapses = times.end(expires, now=await database_now(conn), option="--expires") if expires else None
            moved = await ledger.grant(
                conn,
                team_id=found.id,
                key=uuid5(_KEYS, name),
                amount=amount,
                source=ACTOR,
                expires_at=lapses,
                note=clean(why, length=NOTE_MAX) if why else None,
            )
            return found, moved

    try:
        found, moved = run(work)
    except Unclear as unclear:
        raise CliError(f"{unclear} With --key {name} it is granted once, however often you ask.") from unclear
    if moved.status is MoneyStatus.KEY_CONFLICT:
        raise CliError(f"The key {name} stands for another grant: other credits, another team or another end.")
    if not moved.status.moved:
        raise CliError(f"Nothing was granted: the ledger says {moved.status}.")
    if as_json:
        answer = {"status": moved.status, "team": found.id, "granted": amount, "key": name, "balance": moved.balance}
        say_json(answer)
        return
    if moved.status is MoneyStatus.REPLAYED:
        say(escaped(f"The key {name} was used for this grant before: nothing was granted now."))
    else:
        say(escaped(f"Granted {credit_count(amount)} to {called(found)}: its balance is {moved.balance:,}."))


@app.command()
def balance(team: Annotated[str, TEAM], *, as_json: Json = False) -> None:
    """Say what a team can spend, and what that is made of."""

    async def work(pool: Pool, _: Settings) -> dict[str, Any]:
        async with connection(pool) as conn:
            found = await the_team(conn, team)
            lots = await team_directory.lots(conn, found.joined_to or found.id)
            return {
                **teams.row_of(found),
                "running": await claims.under_way(conn, found.id),
                "lots": [
                    {
                        "source": lot.source,
                        "granted": lot.granted,
                        "remaining": lot.remaining,
                        "granted_at": lot.granted_at,
                        "expires_at": lot.expires_at,
                    }
                    for lot in lots
                ],
            }

    answer = run(work)
    if as_json:
        say_json(answer)
        return
    names = ", ".join(answer["workspaces"]) or "no workspace"
    say(f"[bold]team {answer['team']}[/]  {escaped(names)}")
    held = f", and holds {answer['held']:,} for {count(answer['running'], 'generation')}" if answer["held"] else ""
    say(f"It can spend [bold]{credit_count(answer['balance'])}[/]{held}.")
    if answer["joined_to"] is not None:
        say(f"It was joined to team {answer['joined_to']}: these are that team's.")
    if answer["state"] == "frozen":
        say("[bold red]It is frozen[/]: it can't spend.")
    if answer["lots"]:
        say()
        table(answer["lots"], LOTS)


@app.command()
def check(
    team: Annotated[str | None, TEAM] = None,
    *,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Check the whole ledger, or a team's; what is wrong is named, and the exit code is 1."""
    form = chosen(as_json=as_json, as_csv=as_csv)

    async def work(pool: Pool, _: Settings) -> list[dict[str, Any]]:
        async with connection(pool) as conn:
            only = (await the_team(conn, team)).id if team is not None else None
            found = await statements.check(conn, team_id=only)
            return [{"team": finding.team_id, "wrong": list(finding.wrong)} for finding in found]

    rows = run(work, patience_s=CHECK_PATIENCE_S)
    well = "The ledger is whole: every balance is the sum of its entries."
    show(rows, WRONG, form=form, empty=f"[green]{well}[/]")
    if rows:
        raise typer.Exit(1)
