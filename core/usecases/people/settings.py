"""The settings of a workspace: its admins read and change them, and generations asked for later follow them."""

from dataclasses import dataclass, replace

from core.db.errors import transaction
from core.db.people import teams, workspaces
from core.db.pool import Pool
from core.domain.chat.principal import Outsiders, Principal
from core.domain.requests.fallback import Fallback
from core.domain.requests.refusals import UnknownOption
from core.domain.requests.terms import Terms

FALLBACK = "fallback"
OUTSIDERS = "outsiders"
_VALUES: dict[str, type[Fallback] | type[Outsiders]] = {FALLBACK: Fallback, OUTSIDERS: Outsiders}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceSettings:
    """What holds for a workspace. `changed`: what this call has changed, if it has changed anything."""

    fallback: Fallback
    outsiders: Outsiders
    changed: Fallback | Outsiders | None = None


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


async def _settled(
    by: Principal, chosen: Fallback | Outsiders | None, *, pool: Pool, terms: Terms
) -> WorkspaceSettings:
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
            outsiders=await workspaces.outsiders(conn, platform=by.platform, installation=by.installation),
        )
        if chosen in {None, now.fallback, now.outsiders}:
            return now
        match chosen:
            case Fallback():
                await workspaces.choose_fallback(
                    conn, chosen, platform=by.platform, installation=by.installation, by=admin.member_id
                )
                return replace(now, fallback=chosen, changed=chosen)
            case Outsiders():
                await workspaces.choose_outsiders(
                    conn, chosen, platform=by.platform, installation=by.installation, by=admin.member_id
                )
                return replace(now, outsiders=chosen, changed=chosen)
            case _:
                return now


def _choice(setting: str, value: str) -> Fallback | Outsiders:
    values = _VALUES.get(setting)
    if values is None:
        raise UnknownOption(option="setting", value=setting, known=tuple(_VALUES))
    try:
        return values(value.strip().lower().replace(" ", "_").replace("-", "_"))
    except ValueError:
        raise UnknownOption(option=setting, value=value, known=tuple(values)) from None
