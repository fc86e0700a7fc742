"""The rules of a workspace in Postgres: those that hold, every change of them, and how often they have refused."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core.db.pool import Connection
from core.domain.chat.principal import Outsiders
from core.domain.ids import Installation, MemberId, PlatformName, TeamId, UserId
from core.domain.requests.fallback import Fallback
from core.domain.rules.allowances import Used
from core.domain.rules.kinds import RuleKind, Rules, Value, WorkspaceRule


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesNow:
    """What holds in a workspace at this moment."""

    rules: Rules
    fallback: Fallback


async def at(conn: Connection, *, platform: PlatformName, installation: Installation) -> RulesNow:
    """The rules that hold in a workspace; a kind that this version does not know is a newer one's."""
    row = await conn.fetchrow("SELECT * FROM rules_at($1, $2)", platform, installation)
    assert row is not None  # noqa: S101 - a function with OUT parameters answers exactly one row
    return RulesNow(
        rules=Rules(revision=row["revision"], all=_rules(row["rules"]), lets_in=Outsiders(row["outsiders"])),
        fallback=Fallback(row["fallback"]),
    )


async def as_of(conn: Connection, revision: int, *, platform: PlatformName, installation: Installation) -> Rules:
    """The rules that held after a change."""
    rows = await conn.fetchval("SELECT rules_as_of($1, $2, $3)", platform, installation, revision)
    return Rules(revision=revision, all=_rules(rows))


async def allowance_used(conn: Connection, *, platform: PlatformName, installation: Installation, user: UserId) -> Used:
    """What a person has used of their allowances."""
    row = await conn.fetchrow("SELECT * FROM allowance_used($1, $2, $3)", platform, installation, user)
    assert row is not None  # noqa: S101 - a function with OUT parameters answers exactly one row
    return Used(videos=row["videos"], credits=row["credits"], open=row["open"], since_s=row["since_s"])


async def set_rule(
    conn: Connection,
    *,
    platform: PlatformName,
    installation: Installation,
    kind: str,
    subject: str,
    value: Value | None,
    author: MemberId,
) -> bool:
    """Write a change down. None takes a rule back. False: it was so already."""
    packed = list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value
    changed: bool = await conn.fetchval(
        "SELECT set_rule($1, $2, $3, $4, $5, $6)", platform, installation, kind, subject, packed, author
    )
    return changed


async def note_operators_change(conn: Connection, team_id: TeamId, *, kind: str, value: Value | None) -> None:
    """Write down for all workspaces of a team what whoever runs the service has changed."""
    await conn.execute("SELECT note_operators_change($1, $2, $3)", team_id, kind, value)


async def count_refusal(conn: Connection, *, platform: PlatformName, installation: Installation, kind: str) -> None:
    """Count a refusal by a rule, for the workspace's managers."""
    await conn.execute("SELECT count_rule_refusal($1, $2, $3)", platform, installation, kind)


def _rules(rows: Iterable[Mapping[str, Any]]) -> tuple[WorkspaceRule, ...]:
    known = set(RuleKind)
    return tuple(_rule(each) for each in rows if each["kind"] in known)


def _rule(row: Mapping[str, Any]) -> WorkspaceRule:
    return WorkspaceRule(
        id=row["id"],
        kind=RuleKind(row["kind"]),
        subject=row["subject"],
        value=value_of(row["value"]),
        author=UserId(row["author"]) if row["author"] is not None else None,
        at=datetime.fromtimestamp(float(row["at"]), UTC),
    )


def value_of(packed: Any) -> Value:
    """A value as Postgres has it."""
    if isinstance(packed, list):
        return tuple(str(each) for each in packed)
    if isinstance(packed, dict):
        return {str(name): str(value) for name, value in packed.items()}
    return packed if isinstance(packed, int) else str(packed)
