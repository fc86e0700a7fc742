"""The command line. Each command imports what it runs when it runs it, so that a bot does not load the supervisor."""

import asyncio
from typing import Annotated

import typer

from core.settings import settings
from neverdark.errors import CliError, Misconfigured
from neverdark.operator import credits, generations, people, providers
from neverdark.running_config import NO_DATABASE, configuration, home_of, owner_beside

app = typer.Typer(
    name="neverdark",
    help="AI video in Slack and Discord that is never dark.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(credits.app, name="credits")
app.add_typer(providers.app, name="providers")
app.add_typer(generations.app, name="generations")
people.register(app)
Name = Annotated[str, typer.Argument(help="postgres, redis, sandbox, slack, discord, worker or web")]


@app.command()
def up() -> None:
    """Run everything on this machine; what is not configured is embedded or stood in for."""
    from neverdark.up import main

    main()


@app.command()
def slack() -> None:
    """Run the Slack bot alone."""
    from bots.registry import admins
    from bots.slack.__main__ import main

    main(admins())


@app.command()
def discord() -> None:
    """Run the Discord bot alone."""
    from bots.discord.__main__ import main
    from bots.registry import admins

    main(admins())


@app.command()
def worker() -> None:
    """Run one worker alone."""
    from worker.__main__ import main

    main()


@app.command()
def web() -> None:
    """Run the web process alone: callbacks, links, Slack over HTTP."""
    from web.__main__ import main

    main()


@app.command()
def migrate() -> None:
    """Bring the database to the schema of this version."""
    from neverdark.migrate import migrate
    from neverdark.roles import advice

    with configuration() as read:
        if read.database_url is None or read.owner_url is None:
            raise Misconfigured(NO_DATABASE)
        owner_url = owner_beside(read) or read.owner_url
        done = migrate(owner_url, app_url=read.database_url.get_secret_value())
    for name in done.applied:
        print(f"Applied {name}")
    print("The database is up to date.")
    for line in advice(done.roles, owner_url=owner_url, app_url=read.database_url.get_secret_value()):
        print(line)


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
    from rich.console import Console
    from rich.table import Table

    from neverdark import control, state

    home = home_of(settings())
    table = Table("process", "state", "id", "restarts", box=None, pad_edge=False)
    for process in control.ask(home, do="status")["processes"]:
        table.add_row(process["name"], process["state"], str(process["pid"] or "–"), str(process["restarts"]))
    Console().print(table)
    print(state.published(home).get("address", ""))


@app.command()
def doctor() -> None:
    """Check what this installation needs, and say what is wrong."""
    from rich.console import Console
    from rich.markup import escape

    from neverdark.doctor import Verdict, examine

    with configuration() as read:
        findings = asyncio.run(examine(read))
    colours = {Verdict.FINE: "green", Verdict.WARNING: "yellow", Verdict.WRONG: "red"}
    console = Console(highlight=False, soft_wrap=True)
    for finding in findings:
        verdict = f"[{colours[finding.verdict]}]{finding.verdict:<8}[/]"
        console.print(f"{finding.about:<11} {verdict} {escape(finding.says)}")
    if any(finding.verdict is Verdict.WRONG for finding in findings):
        raise typer.Exit(1)


@app.command()
def housekeeping() -> None:
    """Show what each table holds, how long it keeps it, and what was tidied up last."""
    from neverdark.operator.housekeeping import show

    show()


def _tell(do: str, name: str) -> None:
    from neverdark import control

    answer = control.ask(home_of(settings()), do=do, name=name)
    if not answer["ok"]:
        raise CliError(str(answer["say"]))
    print(answer["say"])
