"""`neverdark providers`: lists routes with their state, holds and releases one, and shows the reasons for its state."""

from datetime import datetime
from typing import Annotated, Any

import typer

from core.db.errors import connection, transaction
from core.db.health import health_history, route_health
from core.db.health.health_history import Record
from core.db.pool import Pool
from core.db.workers import now as database_now
from core.domain.health.events import Event, Held, Released
from core.domain.health.route_health import HealthState, Transition
from core.domain.ids import RouteKey
from core.providers.registry import Registry
from core.replies.chat.words import listed
from core.runtime import numbers, open_providers
from core.settings import Settings
from neverdark.errors import CliError
from neverdark.operator import routes, times
from neverdark.operator.credentials import check
from neverdark.operator.session import ACTOR, run
from neverdark.operator.tables import Column, Csv, Form, Json, chosen, escaped, moment, say, show, state

app = typer.Typer(help="The routes to the providers, and how they are.", invoke_without_command=True)
app.command()(check)

Route = Annotated[str, typer.Argument(metavar="ROUTE", help="A route such as kling.api, or a provider: all it has.")]

EVENTS = (
    Column(title="when (UTC)", key="at", cell=moment),
    Column(title="route", key="route"),
    Column(title="from", key="from", cell=state, is_wide=True),
    Column(title="to", key="to", cell=state),
    Column(title="reason", key="reason", is_wide=True),
    Column(title="why", key="why", is_whole=False),
    Column(title="until", key="until", cell=moment, is_wide=True),
    Column(title="by", key="by", cell=lambda who: escaped(who.rsplit(":", 1)[-1])),
)


@app.callback()
def providers(context: typer.Context, *, as_json: Json = False, as_csv: Csv = False) -> None:
    """List every route: its model, whether it has a key, its health, its price, its last success, what takes over.

    The price is that of one clip as people get it without options.
    """
    if context.invoked_subcommand is not None:
        return
    form = chosen(as_json=as_json, as_csv=as_csv)

    async def work(pool: Pool, read: Settings) -> tuple[list[dict[str, Any]], datetime]:
        known = open_providers()
        try:
            found = await routes.read_now(pool, list(known.routes), read)
            return routes.rows(known, found, read), found.now
        finally:
            await known.aclose()

    rows, now = run(work)
    if form is not Form.TABLE:
        show(rows, routes.COLUMNS, form=form, empty="")
        return
    show([routes.for_people(row, now) for row in rows], routes.COLUMNS, form=form, empty="")
    for sentence in routes.sentences(rows):
        say(escaped(sentence))
    if not any(row["key"] for row in rows):
        say("No route has a key here: .env.example says what to set.")


@app.command()
def hold(
    route: Route,
    why: Annotated[str, typer.Option(help="What the other operators are to read.")],
    until: Annotated[str | None, typer.Option(help="When it ends by itself: 2027-01-31, or 2h.")] = None,
) -> None:
    """Take a route out: no generation tries it until it is released."""

    async def work(pool: Pool, read: Settings) -> tuple[tuple[Transition, ...], datetime | None]:
        async with transaction(pool) as conn:
            ends = times.end(until, now=await database_now(conn), option="--until") if until else None
        return await _told(pool, read, route, Held(why=why, until=ends)), ends

    moved, ends = run(work)
    end = f"until {moment(ends)} UTC, or until you release it" if ends else "until you release it"
    say(escaped(f"{_names(moved)} held, {end}: no generation tries it."))


@app.command()
def release(
    route: Route,
    why: Annotated[str, typer.Option(help="What the other operators are to read.")] = "released by an operator",
) -> None:
    """Give a held route its chance: the next generations probe it, and three that come through restore it."""

    async def work(pool: Pool, read: Settings) -> tuple[Transition, ...]:
        return await _told(pool, read, route, Released(why=why))

    moved = tuple(t for t in run(work) if t.from_state is HealthState.HELD)
    if not moved:
        raise CliError(f"{route} is not held: there is nothing to release.")
    say(escaped(f"{_names(moved)} released: probes with real generations decide from here."))


@app.command()
def events(
    route: Annotated[str | None, typer.Argument(metavar="[ROUTE]", help="A route, or a provider.")] = None,
    before: Annotated[str | None, typer.Option(help="Up to this day or time, in UTC.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, the newest.")] = 20,
    *,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Say why routes are where they are: every change of state with its evidence, the newest first."""
    form = chosen(as_json=as_json, as_csv=as_csv)
    at = times.instant(before, option="--before") if before else None

    async def work(pool: Pool, _: Settings) -> list[Record]:
        known = open_providers()
        try:
            wanted = routes.the_routes(known, [route]) if route else [None]
        finally:
            await known.aclose()
        async with connection(pool) as conn:
            found = [
                record
                for one in wanted
                for record in await health_history.transitions(conn, route=one, before=at, limit=limit)
            ]
        return sorted(found, key=lambda record: record.transition.at, reverse=True)[:limit]

    rows = [_event(record) for record in run(work)]
    show(rows, EVENTS, form=form, empty="Nothing has happened: every route has been healthy all along.")


async def _told(pool: Pool, read: Settings, name: str, event: Event) -> tuple[Transition, ...]:
    """Apply an event to the routes of this name, and return the changes of state."""
    config = numbers(read).health
    known = open_providers()
    try:
        wanted = _meant(known, name)
        slots = {key: known.routes[key].facts.max_in_flight or config.slots for key in wanted}
    finally:
        await known.aclose()
    async with transaction(pool) as conn:
        await route_health.ensure(conn, slots, config=config)
        return await route_health.apply_all(conn, [(key, event) for key in wanted], config=config, actor=ACTOR)


def _meant(known: Registry, name: str) -> list[RouteKey]:
    """The route of this name; for a provider's name its routes with a key, or all if none has one."""
    wanted = routes.the_routes(known, [name])
    if len(wanted) == 1:
        return wanted
    return [key for key in wanted if known.routes[key].facts.configured] or wanted


def _names(moved: tuple[Transition, ...]) -> str:
    names = list(dict.fromkeys(transition.route for transition in moved))
    return f"{listed(names)} {'is' if len(names) == 1 else 'are'}"


def _event(record: Record) -> dict[str, Any]:
    moved = record.transition
    return {
        "at": moved.at,
        "route": moved.route,
        "from": moved.from_state.value,
        "to": moved.to_state.value,
        "reason": moved.reason.value,
        "why": str(moved.evidence.get("text", "")),
        "until": moved.until,
        "score": moved.score,
        "epoch": moved.epoch,
        "by": record.actor,
        "evidence": dict(moved.evidence),
    }
