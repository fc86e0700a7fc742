"""The command line. Each command imports what it runs when it runs it, so that a bot does not load the supervisor."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Annotated

import typer

from bots.platform import Platform
from bots.registry import PLATFORMS, admins, labels
from core.domain.ids import PlatformName
from core.settings import settings
from neverdark import slack_app
from neverdark.errors import CliError, Misconfigured
from neverdark.operator import credits, discord, generations, people, providers
from neverdark.operator.tables import Column, Json, escaped, say, say_json, state, table
from neverdark.running_config import NO_DATABASE, configuration, home_of, owner_beside


def _version(value: bool) -> None:  # noqa: FBT001 - typer's signature
    if value:
        from importlib.metadata import version

        print(f"neverdark {version('neverdark')}")
        raise typer.Exit


app = typer.Typer(
    name="neverdark",
    help=f"AI video in {labels()} that is never dark.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(credits.app, name="credits")
app.add_typer(providers.app, name="providers")
app.add_typer(generations.app, name="generations")
people.register(app)
OWN_COMMANDS = {PlatformName("slack"): slack_app.app, PlatformName("discord"): discord.app}
"""By platform, the commands about it besides the one that runs its bot."""
PROCESSES = (
    Column(title="process", key="name"),
    Column(title="state", key="state", cell=state),
    Column(title="id", key="pid", is_number=True),
    Column(title="restarts", key="restarts", is_number=True),
)
Name = Annotated[str, typer.Argument(help=f"postgres, redis, sandbox, {', '.join(PLATFORMS)}, worker or web")]


def add_platforms(to: typer.Typer, platforms: Iterable[Platform], own: Mapping[PlatformName, typer.Typer]) -> None:
    """Add a command for each platform, which runs its bot alone; commands of its own stand below that."""
    for platform in platforms:
        group = own.get(platform.name) or typer.Typer(help=f"Run the {platform.label} bot alone.", add_completion=False)
        group.callback(invoke_without_command=True)(_running(platform))
        to.add_typer(group, name=platform.name)


def _running(platform: Platform) -> Callable[[typer.Context], None]:
    def run(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            platform.main(admins())

    return run


add_platforms(app, PLATFORMS.values(), OWN_COMMANDS)


@app.callback()
def neverdark(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version, and end.")
    ] = False,
) -> None:
    """Neverdark: videos by command in Slack and Discord."""


@app.command()
def up() -> None:
    """Run everything on this machine; what is not configured is embedded or stood in for."""
    from neverdark.up import main

    main()


@app.command()
def worker() -> None:
    """Run one worker alone."""
    from worker.__main__ import main

    main()


@app.command()
def web() -> None:
    """Run the web process alone: callbacks, links, and chats that post their events."""
    from web.__main__ import main

    main()


@app.command()
def migrate(
    *,
    wait_s: Annotated[
        float, typer.Option("--wait", min=0, max=3600, help="Seconds for which a server may still be starting.")
    ] = 30,
) -> None:
    """Bring the database to the schema of this version."""
    from neverdark.migrate import migrate
    from neverdark.roles import advice

    with configuration() as read:
        if read.database_url is None or read.owner_url is None:
            raise Misconfigured(NO_DATABASE)
        owner_url = owner_beside(read) or read.owner_url
        done = migrate(owner_url, app_url=read.database_url.get_secret_value(), wait_s=wait_s)
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
def status(*, as_json: Json = False) -> None:
    """Show the processes of a running `up`."""
    from neverdark import control
    from neverdark.state import published

    home = home_of(settings())
    processes = control.ask(home, do="status")["processes"]
    address = published(home).get("address", "")
    if as_json:
        say_json({"address": address, "processes": processes})
        return
    table(processes, PROCESSES)
    print(address)


@app.command()
def doctor(
    *,
    as_json: Json = False,
    offline: Annotated[bool, typer.Option("--offline", help="Ask nobody outside: no vendor, no chat.")] = False,
) -> None:
    """Check what this installation needs, say what is wrong, and what to do about it.

    The exit code is 0 where nothing keeps it from working, 1 where something has to be repaired, and 2 where all that
    is wrong is in the settings.
    """
    from neverdark.doctor import examine, exit_code

    with configuration() as read:
        findings = asyncio.run(examine(read, outside=not offline))
    if as_json:
        say_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            gap = " " * (8 - len(finding.verdict))
            say(f"{finding.about:<14} {state(finding.verdict)}{gap} {escaped(finding.line)}")
    if code := exit_code(findings):
        raise typer.Exit(code)


@app.command()
def healthy(name: Annotated[str, typer.Argument(help="web or worker")]) -> None:
    """Say whether a process of this machine lives: 0 if it does. For health checks of containers."""
    from neverdark.healthy import check

    with configuration() as read:
        print(check(name, read))


@app.command("settings")
def settings_page() -> None:
    """Print every setting there is, as Markdown."""
    from neverdark.settings_reference import markdown

    print(markdown(), end="")


@app.command()
def manifest() -> None:
    """Print the manifest of a Slack app for one workspace; `slack manifest` has more of them."""
    slack_app.print_manifest(socket=True)


@app.command()
def housekeeping() -> None:
    """Show what each table holds, how long it keeps it, and what was tidied up last."""
    from neverdark.operator.housekeeping import show

    show()


@app.command("after-restore")
def after_restore() -> None:
    """After the database came back from a backup: let nothing be said twice, and see what it does not know."""
    from neverdark.operator import restore

    restore.after_restore()


def _tell(do: str, name: str) -> None:
    from neverdark import control

    answer = control.ask(home_of(settings()), do=do, name=name)
    if not answer["ok"]:
        raise CliError(str(answer["say"]))
    print(answer["say"])
