"""The settings of a workspace: its admins read and change them, and generations asked for later follow them."""

from dataclasses import dataclass, replace

from core.db.errors import transaction
from core.db.people import teams, workspaces
from core.db.pool import Pool
from core.domain.chat.principal import Principal
from core.domain.requests.fallback import Fallback
from core.domain.requests.refusals import UnknownOption
from core.domain.requests.terms import Terms
from core.domain.text import NAME_MAX, clean

FALLBACK = "fallback"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceSettings:
    """What holds for a workspace. `changed`: this call has changed something."""

    fallback: Fallback
    changed: bool = False


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
        DatabaseAway
    """
    return await _settled(by, _choice(setting, value), pool=pool, terms=terms)


async def _settled(by: Principal, chosen: Fallback | None, *, pool: Pool, terms: Terms) -> WorkspaceSettings:
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
            fallback=await workspaces.fallback(conn, platform=by.platform, installation=by.installation)
        )
        if chosen is None or chosen is now.fallback:
            return now
        await workspaces.choose_fallback(
            conn, chosen, platform=by.platform, installation=by.installation, by=admin.member_id
        )
    return replace(now, fallback=chosen, changed=True)


def _choice(setting: str, value: str) -> Fallback:
    if setting != FALLBACK:
        raise UnknownOption(option="setting", value=clean(setting, length=NAME_MAX), known=(FALLBACK,))
    try:
        return Fallback(value.strip().lower().replace(" ", "_").replace("-", "_"))
    except ValueError:
        raise UnknownOption(option=FALLBACK, value=clean(value, length=NAME_MAX), known=tuple(Fallback)) from None
