"""The settings of a workspace: its admins read and change them, and generations asked for later follow them."""

from dataclasses import dataclass, replace

from core.db.errors import transaction
from core.db.people import teams, workspaces
from core.db.pool import Connection, Pool
from core.domain.chat.principal import Principal
from core.domain.ids import MemberId
from core.domain.requests.fallback import Fallback
from core.domain.requests.refusals import NotANumber, UnknownOption
from core.domain.requests.terms import Terms
from core.domain.text import NAME_MAX, clean

FALLBACK, KEEP = "fallback", "keep"
KEEP_DAYS_MAX = 3650


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceSettings:
    """What holds for a workspace.

    Args:
        keep_days: for how many days it keeps prompts, pictures and clips; None is as the operator has set for all.
        changed: the setting that this call has changed.
    """

    fallback: Fallback
    keep_days: int | None = None
    changed: str | None = None


@dataclass(frozen=True, slots=True)
class Keep:
    """For how many days; None is as long as everybody else."""

    days: int | None


async def settings(by: Principal, *, pool: Pool, terms: Terms) -> WorkspaceSettings:
    """What holds now.

    Raises:
        NotAnAdmin
        DatabaseAway
    """
    return await _settled(by, None, pool=pool, terms=terms)


async def choose(by: Principal, *, setting: str, value: str, pool: Pool, terms: Terms) -> WorkspaceSettings:
    """Change one setting: who takes over, for generations to come; for how long things are kept, for all there is.

    Raises:
        NotAnAdmin
        UnknownOption, NotANumber: there is no such setting, or it has no such value.
        DatabaseAway
    """
    return await _settled(by, _choice(setting, value), pool=pool, terms=terms)


async def _settled(by: Principal, chosen: Fallback | Keep | None, *, pool: Pool, terms: Terms) -> WorkspaceSettings:
    by.must_be_admin()
    async with transaction(pool) as conn:
        admin = await teams.ensure(
            conn,
            platform=by.platform,
            installation=by.installation,
            user=by.user,
            free_credits=terms.free_credits,
        )
        now = WorkspaceSettings(
            fallback=await workspaces.fallback(conn, platform=by.platform, installation=by.installation),
            keep_days=await workspaces.keep_days(conn, platform=by.platform, installation=by.installation),
        )
        return await _changed(conn, now, chosen, by=by, admin=admin.member_id)


async def _changed(
    conn: Connection, now: WorkspaceSettings, chosen: Fallback | Keep | None, *, by: Principal, admin: MemberId
) -> WorkspaceSettings:
    match chosen:
        case Fallback() if chosen is not now.fallback:
            await workspaces.choose_fallback(conn, chosen, platform=by.platform, installation=by.installation, by=admin)
            return replace(now, fallback=chosen, changed=FALLBACK)
        case Keep(days) if days != now.keep_days:
            await workspaces.choose_keep_days(conn, days, platform=by.platform, installation=by.installation, by=admin)
            return replace(now, keep_days=days, changed=KEEP)
        case _:
            return now


def _choice(setting: str, value: str) -> Fallback | Keep:
    if setting == KEEP:
        return Keep(_days(value.strip().lower().removesuffix("days").removesuffix("day").strip()))
    if setting != FALLBACK:
        raise UnknownOption(option="setting", value=clean(setting, length=NAME_MAX), known=(FALLBACK, KEEP))
    try:
        return Fallback(value.strip().lower().replace(" ", "_").replace("-", "_"))
    except ValueError:
        raise UnknownOption(option=FALLBACK, value=clean(value, length=NAME_MAX), known=tuple(Fallback)) from None


def _days(typed: str) -> int | None:
    if typed in {"default", "off"}:
        return None
    if not (typed.isascii() and typed.isdigit() and 1 <= int(typed[:6]) <= KEEP_DAYS_MAX):
        raise NotANumber(option=KEEP, value=clean(typed, length=NAME_MAX))
    return int(typed)
