"""`neverdark freeze`, `thaw`, `erase` and `expire`: stop a team, forget a person, delete what is old."""

import asyncio
from typing import Annotated

import typer

from bots.registry import PLATFORMS
from core.db.credits import budgets
from core.db.errors import transaction
from core.db.people import rules
from core.db.people.team_directory import TeamEntry
from core.db.pool import Pool
from core.domain.ids import Installation, PlatformName, UserId
from core.runtime import storage
from core.settings import Settings
from core.usecases import retention
from core.usecases.retention import Erased, Scrubbed
from neverdark.errors import CliError, Misconfigured
from neverdark.operator.session import ACTOR, run
from neverdark.operator.tables import say
from neverdark.operator.teams import TEAM, called, the_team

WAIT_S = 60.0
"""Seconds that `erase` waits for workers to end what is under way."""
LOOK_EVERY_S = 1.0

Team = Annotated[str, TEAM]
Workspace = Annotated[str | None, typer.Option("--workspace", help="Only there; else in all workspaces.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (freeze, thaw, erase, expire):
        app.command()(command)


def freeze(team: Team) -> None:
    """Stop a team from spending; what is under way is finished and paid."""
    say(f"{called(_set(team, is_frozen=True))} is frozen: it spends nothing until `neverdark thaw`.")


def thaw(team: Team) -> None:
    """Let a frozen team spend again."""
    say(f"{called(_set(team, is_frozen=False))} may spend again.")


def _set(name: str, *, is_frozen: bool) -> TeamEntry:
    async def work(pool: Pool, _: Settings) -> TeamEntry:
        async with transaction(pool) as conn:
            team = await the_team(conn, name)
            await (budgets.freeze if is_frozen else budgets.thaw)(conn, team_id=team.id)
            await rules.note_operators_change(conn, team.id, kind="frozen", value="yes" if is_frozen else None)
        return team

    return run(work)


def erase(
    platform: Annotated[str, typer.Argument(help=" or ".join(PLATFORMS))],
    user: Annotated[str, typer.Argument(help="The platform's id of the person, such as U0ANA or 80351110224678912.")],
    workspace: Workspace = None,
) -> None:
    """Forget a person: prompts, pictures, videos, names. The ledger keeps its entries, with a number in their place."""

    async def work(pool: Pool, read: Settings) -> Erased:
        store, days = storage(read), read.keep_days
        done = await retention.erase(
            platform=PlatformName(platform),
            installation=Installation(workspace) if workspace is not None else None,
            user=UserId(user),
            actor=ACTOR,
            pool=pool,
            storage=store,
            days=days,
        )
        loop = asyncio.get_running_loop()
        until = loop.time() + WAIT_S
        scrubbed = done.scrubbed
        while scrubbed.left and loop.time() < until:
            await asyncio.sleep(LOOK_EVERY_S)
            more = await retention.scrub(pool=pool, storage=store, days=days)
            scrubbed = Scrubbed(generations=scrubbed.generations + more.generations, left=more.left)
        return Erased(members=done.members, scrubbed=scrubbed)

    done = run(work)
    if not done.members and not done.scrubbed.generations and not done.scrubbed.left:
        raise Misconfigured(f"Nobody is known as {user} on {platform}: nothing was changed.")
    say(f"Forgotten in {done.members} workspaces; {done.scrubbed.generations} videos were deleted with all about them.")
    if done.scrubbed.left:
        raise CliError(
            f"{done.scrubbed.left} videos of erased people are still under way. The workers end them and delete them "
            "within the hour; `neverdark expire` does it at once when they are over."
        )
    say("What stands in chat channels is the platform's: delete it there.")


def expire() -> None:
    """Delete now what is older than its workspace keeps it, and what erased people had asked for."""

    async def work(pool: Pool, read: Settings) -> Scrubbed:
        store, total = storage(read), 0
        while True:
            done = await retention.scrub(pool=pool, storage=store, days=read.keep_days)
            if done.generations < retention.AT_ONCE:
                break
            total += done.generations
        return Scrubbed(generations=total + done.generations, left=done.left)

    done = run(work)
    left = f" {done.left} of erased people are still under way." if done.left else ""
    say(f"{done.generations} videos were deleted with all about them.{left}")
