"""Finds the team that an operator names."""

import typer

from core.db.people import team_directory
from core.db.people.team_directory import TeamEntry
from core.db.pool import Connection
from core.replies.chat.words import either
from neverdark.errors import Misconfigured
from neverdark.operator.tables import Column, Row, day, escaped, number, state

TEAM = typer.Argument(
    metavar="TEAM",
    help="Its number, a workspace of it as platform:installation, or the beginning of an installation or a name.",
)

COLUMNS = (
    Column(title="team", key="team", is_number=True),
    Column(title="workspaces", key="workspaces", cell=lambda names: escaped("\n".join(names)), is_whole=False),
    Column(title="name", key="name", is_wide=True, is_whole=False),
    Column(title="balance", key="balance", cell=number, is_number=True),
    Column(title="held", key="held", cell=number, is_number=True),
    Column(title="state", key="state", cell=state),
    Column(title="since", key="created_at", cell=day, is_wide=True),
    Column(title="last asked", key="asked_at", cell=day),
)


async def the_team(conn: Connection, name: str) -> TeamEntry:
    """The team with this name.

    Raises:
        Misconfigured: no team has it, or more than one.
    """
    found = await team_directory.named(conn, name)
    if len(found) == 1:
        return found[0]
    if found:
        raise Misconfigured(
            f"{name} may mean {either([called(team) for team in found])}: name one of them by its number."
        )
    raise Misconfigured(
        f"There is no team {name}; `neverdark credits teams` lists them. At least four characters of a name are needed."
    )


def called(team: TeamEntry) -> str:
    """The team's name in a sentence: team 3 (slack:T0123)."""
    names = ", ".join(team.workspaces[:2]) + (", …" if len(team.workspaces) > 2 else "")
    return f"team {team.id} ({team.name or names})" if team.name or names else f"team {team.id}"


def row_of(team: TeamEntry) -> Row:
    joined = f"joined to {team.joined_to}" if team.joined_to is not None else ""
    return {
        "team": team.id,
        "name": team.name,
        "workspaces": list(team.workspaces),
        "balance": team.balance,
        "held": team.held,
        "state": "frozen" if team.frozen else joined or "ok",
        "joined_to": team.joined_to,
        "created_at": team.created_at,
        "asked_at": team.asked_at,
    }
