"""Admins make one team of several workspaces: a code from the one, redeemed in the other, and the way back."""

from collections.abc import Awaitable, Callable

from core.db.credits import workspace_links
from core.db.errors import connection, transaction
from core.db.pool import Pool
from core.domain.chat.principal import Principal
from core.domain.credits.history import Name
from core.domain.credits.money import LinkCode, MoneyStatus, Redeemed
from core.domain.requests.refusals import NoLink
from core.domain.requests.terms import Terms
from core.domain.text import NAME_MAX, clean
from core.usecases.credits.budgets import member

StillAdmin = Callable[[Name], Awaitable[bool]]
"""Whether somebody, in whatever workspace, still is an admin there."""


async def code(principal: Principal, *, pool: Pool, terms: Terms) -> LinkCode:
    """A one-time code that joins another workspace to this team; it replaces the team's older ones.

    Raises:
        NotAnAdmin
        DatabaseAway
    """
    principal.must_be_admin()
    async with transaction(pool) as conn:
        me = await member(conn, principal, principal.user, terms)
        return await workspace_links.link(conn, team_id=me.team_id, member=me.member_id)


async def join(principal: Principal, typed: str, *, still_admin: StillAdmin, pool: Pool, terms: Terms) -> Redeemed:
    """Join this workspace to the team that made the code. The code is as good as its maker's right, to the last moment.

    Raises:
        NotAnAdmin, NoLink
        DatabaseAway
    """
    principal.must_be_admin()
    typed = clean(typed, length=NAME_MAX)
    async with connection(pool) as conn:
        maker = await workspace_links.maker(conn, code=typed)
    if maker is not None and not await still_admin(maker):
        async with transaction(pool) as conn:
            await workspace_links.revoke(conn, code=typed)
        raise NoLink(why=MoneyStatus.UNKNOWN_CODE)
    async with transaction(pool) as conn:
        me = await member(conn, principal, principal.user, terms)
        redeemed = await workspace_links.redeem(
            conn, code=typed, platform=principal.platform, installation=principal.installation, member=me.member_id
        )
        if not redeemed.status.moved:
            raise NoLink(why=redeemed.status)
    return redeemed


async def part(principal: Principal, *, pool: Pool, terms: Terms) -> None:
    """Give this workspace its own team back. What it had brought along stays with the other.

    Raises:
        NotAnAdmin, NoLink
        DatabaseAway
    """
    principal.must_be_admin()
    async with transaction(pool) as conn:
        me = await member(conn, principal, principal.user, terms)
        status = await workspace_links.unlink(
            conn, platform=principal.platform, installation=principal.installation, member=me.member_id
        )
        if not status.moved:
            raise NoLink(why=status)
