"""The command line: every command of `neverdark`, each of which is a few lines over the module that does the work."""

import asyncio
import os
import socket
from importlib.metadata import version as version_of
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from core.settings import Settings, environment, settings
from neverdark import control, state
from neverdark.errors import Misconfigured, Trouble
from neverdark.migrate import migrate as apply_migrations
from neverdark.output import Output
from neverdark.stack import Stack, stack
from neverdark.supervise import Supervisor

app = typer.Typer(
    name="neverdark",
    help="AI video in Slack and Discord that is never dark.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
Name = Annotated[str, typer.Argument(help="postgres, redis, sandbox, slack, discord or worker")]


@app.command()
def up() -> None:
    """Run everything on this machine; what is not configured is embedded or stood in for."""
    read = settings()
    output = Output()
    home = state.open_home(read.neverdark_home)
    with state.only_one(home):
        plan = stack(read, home, environment(), coloured=output.coloured)
        if "sandbox" not in plan.absent:
            _need_port(read.neverdark_port)
        try:
            asyncio.run(_up(plan, home, output))
        finally:
            state.withdraw(home)
    output.say("Stopped.")


async def _up(plan: Stack, home: state.Home, output: Output) -> None:
    supervisor = Supervisor(plan.services, output=output)

    async def opening() -> None:
        output.say(f"Neverdark {version_of('neverdark')}, with its data in {home.path}")
        for sentence in plan.said:
            output.say(f"  {sentence}")
        servers = [name for name in ("postgres", "redis") if name in supervisor.keepers]
        await supervisor.start(*servers)
        migrated = await asyncio.to_thread(apply_migrations, plan.database_url)
        if migrated.applied:
            output.say(f"  The database was brought up to date: {', '.join(migrated.applied)}.")
        facts = {"pid": os.getpid(), "address": plan.address}
        urls = {"database_url": plan.database_url, "redis_url": plan.redis_url}
        state.publish(home, facts | urls)
        if "sandbox" in supervisor.keepers:
            await supervisor.start("sandbox")
        await supervisor.start("slack", "discord", "worker")
        output.say()
        output.say(f"Open {plan.address}")
        output.say()

    async with control.listening(home, supervisor, absent=plan.absent):
        await supervisor.run(opening)


def _need_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Misconfigured(
                f"Port {port} can't be used ({error.strerror}): set NEVERDARK_PORT to a free one."
            ) from None


@app.command()
def slack() -> None:
    """Run the Slack bot alone."""
    from bots.slack.__main__ import main

    main()


@app.command()
def discord() -> None:
    """Run the Discord bot alone."""
    from bots.discord.__main__ import main

    main()


@app.command()
def worker() -> None:
    """Run one worker alone."""
    from worker.__main__ import main

    main()


@app.command()
def migrate() -> None:
    """Bring the database to the schema of this version."""
    done = apply_migrations(_database_url(settings()))
    for name in done.applied:
        print(f"Applied {name}")
    print("The database is up to date.")


@app.command()
def stop(name: Name) -> None:
    """Take one process of a running `up` down."""
    _tell("stop", name)


@app.command()
def start(name: Name) -> None:
    """Start one process of a running `up` again."""
    _tell("start", name)


@app.command()
def status() -> None:
    """Show the processes of a running `up`."""
    home = _home(settings())
    table = Table("process", "state", "id", "restarts", box=None, pad_edge=False)
    for process in control.ask(home, do="status")["processes"]:
        table.add_row(process["name"], process["state"], str(process["pid"] or "–"), str(process["restarts"]))
    Console().print(table)
    print(state.published(home).get("address", ""))


@app.command()
def doctor() -> None:
    """Check what this installation needs, and say what is wrong."""
    from neverdark.doctor import Verdict, examine

    read = settings()
    urls = _urls(read)
    findings = asyncio.run(examine(read, database_url=urls.get("database_url"), redis_url=urls.get("redis_url")))
    colours = {Verdict.FINE: "green", Verdict.WARNING: "yellow", Verdict.WRONG: "red"}
    table = Table("", "", "", box=None, pad_edge=False, show_header=False)
    for finding in findings:
        table.add_row(finding.about, f"[{colours[finding.verdict]}]{finding.verdict}[/]", escape(finding.says))
    Console().print(table)
    if any(finding.verdict is Verdict.WRONG for finding in findings):
        raise typer.Exit(1)


def _tell(do: str, name: str) -> None:
    home = _home(settings())
    answer = control.ask(home, do=do, name=name)
    if not answer["ok"]:
        raise Trouble(str(answer["say"]))
    print(answer["say"])


def _database_url(read: Settings) -> str:
    url = _urls(read).get("database_url")
    if url is None:
        raise Misconfigured("DATABASE_URL is not set, and no `neverdark up` runs here that has an embedded database.")
    return url


def _urls(read: Settings) -> dict[str, str]:
    """The configured servers, or the embedded ones of an `up` that runs here."""
    found = {"database_url": read.database_url, "redis_url": read.redis_url}
    urls = {name: url.get_secret_value() for name, url in found.items() if url is not None}
    return {name: str(value) for name, value in state.published(_home(read)).items()} | urls


def _home(read: Settings) -> state.Home:
    return state.Home(read.neverdark_home.expanduser().absolute())
