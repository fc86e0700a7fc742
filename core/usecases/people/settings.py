"""The settings of a workspace: its admins read and change them, and generations asked for later follow them."""

from dataclasses import dataclass, replace
from typing import TypeAlias

from core.db.errors import transaction
from core.db.people import rules, teams, workspaces
from core.db.people.workspaces import Workspace
from core.db.pool import Connection, Pool
from core.domain.chat.principal import Outsiders, Principal
from core.domain.ids import MemberId
from core.domain.requests.fallback import Elsewhere, Fallback
from core.domain.requests.refusals import NotANumber, UnknownOption
from core.domain.requests.terms import Terms
from core.domain.text import NAME_MAX, clean

FALLBACK, REFUSED, OUTSIDERS, KEEP = "fallback", "refused", "outsiders", "keep"
_VALUES: dict[str, type[Fallback] | type[Elsewhere] | type[Outsiders]] = {
    FALLBACK: Fallback,
    REFUSED: Elsewhere,
    OUTSIDERS: Outsiders,
}
KEEP_DAYS_MAX = 3650


@dataclass(frozen=True, slots=True)
class Keep:
    """For how many days prompts, pictures and clips are kept; None is as the operator has set for all."""

    days: int | None


Choice: TypeAlias = Fallback | Elsewhere | Outsiders | Keep


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceSettings:
    """What holds for a workspace.

    Args:
        fallback: how far its generations go when the first provider fails.
        elsewhere: what happens when a provider refuses by a rule of its own.
        outsiders: whom it lets use the app at its cost, besides its members.
        keep_days: for how many days it keeps prompts, pictures and clips; None is as the operator has set for all.
        changed: what this call has changed.
    """

    fallback: Fallback
    elsewhere: Elsewhere = Elsewhere.OFFER
    outsiders: Outsiders = Outsiders.NOBODY
    keep_days: int | None = None
    changed: Choice | None = None


async def settings(by: Principal, *, pool: Pool, terms: Terms) -> WorkspaceSettings:
    """What holds now.

    Raises:
        NotAnAdmin
        DatabaseAway
    """
    return await _settled(by, None, pool=pool, terms=terms)


async def choose(by: Principal, *, setting: str, value: str, pool: Pool, terms: Terms) -> WorkspaceSettings:
    """Change one setting, for generations to come; those under way keep what they were asked for with.

    Raises:
        NotAnAdmin
        UnknownOption: there is no such setting, or it has no such value.
        NotANumber: it wants days.
        DatabaseAway
    """
    return await _settled(by, _choice(setting, value), pool=pool, terms=terms)


async def _settled(by: Principal, chosen: Choice | None, *, pool: Pool, terms: Terms) -> WorkspaceSettings:
    by.must_be_admin()
    async with transaction(pool) as conn:
        admin = await teams.of(conn, by, free_credits=terms.free_credits)
        at = Workspace(by.platform, by.installation)
        now = WorkspaceSettings(
            fallback=await workspaces.fallback(conn, platform=by.platform, installation=by.installation),
            elsewhere=await workspaces.elsewhere(conn, platform=by.platform, installation=by.installation),
            outsiders=await workspaces.outsiders(conn, platform=by.platform, installation=by.installation),
            keep_days=await workspaces.keep_days(conn, platform=by.platform, installation=by.installation),
        )
        return await _changed(conn, now, chosen, at=at, admin=admin.member_id)


async def _changed(
    conn: Connection, now: WorkspaceSettings, chosen: Choice | None, *, at: Workspace, admin: MemberId
) -> WorkspaceSettings:
    match chosen:
        case Fallback() if chosen is not now.fallback:
            await workspaces.choose(conn, at, "fallback", chosen.value, by=admin)
            await _logged(conn, at, FALLBACK, chosen.value, by=admin)
            return replace(now, fallback=chosen, changed=chosen)
        case Elsewhere() if chosen is not now.elsewhere:
            await workspaces.choose(conn, at, "elsewhere", chosen.value, by=admin)
            await _logged(conn, at, REFUSED, chosen.value, by=admin)
            return replace(now, elsewhere=chosen, changed=chosen)
        case Outsiders() if chosen is not now.outsiders:
            await workspaces.choose(conn, at, "outsiders", chosen.value, by=admin)
            await _logged(conn, at, OUTSIDERS, chosen.value, by=admin)
            return replace(now, outsiders=chosen, changed=chosen)
        case Keep(days) if days != now.keep_days:
            await workspaces.choose(conn, at, "keep_days", days, by=admin)
            await _logged(conn, at, KEEP, days, by=admin)
            return replace(now, keep_days=days, changed=chosen)
        case _:
            return now


async def _logged(conn: Connection, at: Workspace, setting: str, value: str | int | None, *, by: MemberId) -> None:
    """The log has settings as it has rules."""
    await rules.set_rule(
        conn, platform=at.platform, installation=at.installation, kind=setting, subject="", value=value, author=by
    )


def _choice(setting: str, value: str) -> Choice:
    if setting == KEEP:
        return Keep(_days(value.strip().lower().removesuffix("days").removesuffix("day").strip()))
    values = _VALUES.get(setting)
    if values is None:
        raise UnknownOption(option="setting", value=clean(setting, length=NAME_MAX), known=(*_VALUES, KEEP))
    try:
        return values(value.strip().lower().replace(" ", "_").replace("-", "_"))
    except ValueError:
        raise UnknownOption(option=setting, value=clean(value, length=NAME_MAX), known=tuple(values)) from None


def _days(typed: str) -> int | None:
    if typed in {"default", "off"}:
        return None
    if not (typed.isascii() and typed.isdigit() and 1 <= int(typed[:6]) <= KEEP_DAYS_MAX):
        raise NotANumber(option=KEEP, value=clean(typed, length=NAME_MAX))
    return int(typed)
