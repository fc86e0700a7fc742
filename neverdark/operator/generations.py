"""`neverdark generations`: lists generations, shows one in full, and has the operator's actions on one."""

from typing import Annotated, Any

import typer

from core.db.errors import connection, transaction
from core.db.generations import clip_links, generation_list, stalled_generations, transitions
from core.db.generations.claims import load
from core.db.generations.generation_details import GenerationDetails, generation_details
from core.db.generations.generation_list import GenerationSummary
from core.db.pool import Connection, Pool
from core.domain.generations.generation import State
from core.domain.ids import GenerationId
from core.domain.requests.refusals import TooLate
from core.settings import Settings
from core.usecases.generations.cancel import cancel_as_operator
from core.usecases.generations.retry import Retried
from core.usecases.generations.retry import retry as try_again
from neverdark.errors import CliError, Misconfigured
from neverdark.operator.generation_report import as_json as in_full
from neverdark.operator.generation_report import tell
from neverdark.operator.session import ACTOR, run
from neverdark.operator.tables import (
    Column,
    Csv,
    Json,
    chosen,
    day_and_time,
    escaped,
    number,
    say,
    say_json,
    show,
    state,
)
from neverdark.operator.teams import TEAM, the_team

app = typer.Typer(help="What is being made, and what was.", invoke_without_command=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="Of the generation, or its beginning: at least four characters.")]

COLUMNS = (
    Column(title="id", key="id", cell=lambda value: escaped(str(value)[:8])),
    Column(title="asked (UTC)", key="created_at", cell=day_and_time),
    Column(title="team", key="team", is_number=True),
    Column(title="tier", key="tier", is_wide=True),
    Column(title="state", key="stands", cell=state),
    Column(title="route", key="route"),
    Column(title="tries", key="tries", is_number=True),
    Column(title="taken", key="consumed", cell=number, is_number=True, is_wide=True),
    Column(title="paid", key="settled", cell=number, is_number=True),
    Column(title="due (UTC)", key="wake_at", cell=day_and_time, is_wide=True),
    Column(title="stuck", key="stall", cell=state),
)


@app.callback()
def generations(
    context: typer.Context,
    *,
    in_state: Annotated[State | None, typer.Option("--state", help="Only those in this state.")] = None,
    team: Annotated[str | None, typer.Option(help=TEAM.help)] = None,
    stuck: Annotated[bool, typer.Option("--stuck", help="Only those that do not move although they should.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, the newest.")] = 30,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """List generations, the newest first."""
    if context.invoked_subcommand is not None:
        return
    form = chosen(as_json=as_json, as_csv=as_csv)

    async def work(pool: Pool, _: Settings) -> list[GenerationSummary]:
        async with connection(pool) as conn:
            owner = (await the_team(conn, team)).id if team is not None else None
            ids = [one.id for one in await stalled_generations.stalled(conn)] if stuck else None
            return await generation_list.newest(conn, state=in_state, team_id=owner, ids=ids, limit=limit)

    rows = [_row(line) for line in run(work)]
    show(rows, COLUMNS, form=form, empty="None is stuck." if stuck else "There are no such generations.")


@app.command("show")
def show_one(
    name: Id,
    *,
    prompt: Annotated[bool, typer.Option("--prompt", help="Show what was asked for, too.")] = False,
    as_json: Json = False,
) -> None:
    """Show all of one: how it stands, its money, plan, attempts, messages, and every step with its worker."""

    async def work(pool: Pool, _: Settings) -> GenerationDetails:
        async with connection(pool) as conn:
            return await generation_details(conn, await _the_generation(conn, name))

    found = run(work)
    if as_json:
        say_json(in_full(found, with_prompt=prompt))
    else:
        tell(found, with_prompt=prompt)


@app.command()
def retry(name: Id) -> None:
    """Give one another chance, where that is safe: what is live is woken, what found no place is delivered again."""

    async def work(pool: Pool, _: Settings) -> tuple[GenerationId, Retried]:
        async with connection(pool) as conn:
            found = await _the_generation(conn, name)
        return found, await try_again(found, actor=ACTOR, pool=pool)

    try:
        found, done = run(work)
    except TooLate as refusal:
        raise CliError(_over(refusal.outcome)) from refusal
    match done:
        case Retried.WOKEN:
            say(f"{found} is due now: the next free worker takes it up.")
        case Retried.REDELIVERING:
            say(
                f"{found}: its last word is tried again now. What was given back for want of delivery stays given back."
            )


@app.command()
def cancel(name: Id) -> None:
    """Ask for the end of one, as its owner could in chat: all credits come back unless a vendor can't be stopped."""

    async def work(pool: Pool, _: Settings) -> GenerationId:
        async with connection(pool) as conn:
            found = await _the_generation(conn, name)
        await cancel_as_operator(found, actor=ACTOR, pool=pool)
        return found

    try:
        found = run(work)
    except TooLate as refusal:
        raise CliError(
            f"It is too late to cancel: it is over ({refusal.outcome})."
            if refusal.outcome
            else "It is too late to cancel: it has its video, which is on its way."
        ) from refusal
    say(f"{found} is asked to stop. A vendor that can't be stopped still makes it, at its price; the thread says so.")


@app.command()
def unlink(name: Id) -> None:
    """Shut the link to its video, for good: whoever has the address sees that it was withdrawn."""

    async def work(pool: Pool, _: Settings) -> tuple[GenerationId, bool]:
        async with transaction(pool) as conn:
            found = await _the_generation(conn, name)
            generation = await load(conn, found)
            shut = await clip_links.revoke(conn, found)
            if shut and generation is not None:
                await transitions.log_step(
                    conn, generation, transitions.StepLogEntry(worker=ACTOR, step="unlink", outcome="shut")
                )
        return found, shut

    found, shut = run(work)
    if not shut:
        raise CliError("There is no open link to its video.")
    say(f"{found}: the link to its video is shut. The video itself stays in its thread.")


async def _the_generation(conn: Connection, name: str) -> GenerationId:
    found = await generation_list.beginning_with(conn, name)
    if len(found) == 1:
        return found[0]
    if found:
        raise Misconfigured(f"Several generations begin with {name}: give more of its id.")
    raise Misconfigured(f"There is no generation {name}; `neverdark generations` lists the newest.")


def _over(outcome: str | None) -> str:
    if outcome == "succeeded":
        return "It is done and was delivered: there is nothing to retry."
    how = "was cancelled" if outcome == "cancelled" else "failed"
    return (
        f"It {how}, all its credits came back, and the thread says so: it is not made again from here, because that "
        "would spend the team's credits. Whoever asked has a button for it in the thread."
    )


def _row(line: GenerationSummary) -> dict[str, Any]:
    return {
        "id": str(line.id),
        "created_at": line.created_at,
        "done_at": line.done_at,
        "team": line.team_id,
        "platform": line.platform,
        "tier": line.tier.value,
        "stands": line.outcome.value if line.state is State.DONE and line.outcome else line.state.value,
        "state": line.state.value,
        "outcome": line.outcome.value if line.outcome else None,
        "error": line.error_class.value if line.error_class else None,
        "route": line.route,
        "tries": line.tries,
        "consumed": line.consumed,
        "settled": line.settled,
        "wake_at": line.wake_at,
        "claims": line.claims,
        "worker": line.worker,
        "cancel_requested_at": line.cancel_requested_at,
        "stall": line.stall.value if line.stall else None,
    }
