"""Admins make one team of several workspaces: a code from the one, redeemed in the other, and the way back."""

from collections.abc import Awaitable, Callable

from core.db import links
from core.db.errors import connection, transaction
from core.db.pool import Pool
from core.domain.caller import Caller
from core.domain.history import Name
from core.domain.money import LinkCode, MoneyStatus, Redeemed
from core.domain.refusals import NoLink
from core.domain.terms import Terms
from core.usecases.budgets import member

StillAdmin = Callable[[Name], Awaitable[bool]]
"""Whether somebody, in whatever workspace, still is an admin there."""


async def code(caller: Caller, *, pool: Pool, terms: Terms) -> LinkCode:
    """A one-time code that joins another workspace to this team; it replaces the team's older ones.

    Raises:
        NotAnAdmin
        DatabaseAway
    """
    caller.must_be_admin()
    async with transaction(pool) as conn:
        me = await member(conn, caller, caller.user, terms)
        return await links.link(conn, team_id=me.team_id, member=me.member_id)


async def join(caller: Caller, typed: str, *, still_admin: StillAdmin, pool: Pool, terms: Terms) -> Redeemed:
    """Join this workspace to the team that made the code. The code is as good as its maker's right, to the last moment.

    Raises:
        NotAnAdmin, NoLink
        DatabaseAway
    """
    caller.must_be_admin()
    async with connection(pool) as conn:
        maker = await links.maker(conn, code=typed)
    if maker is not None and not await still_admin(maker):
        async with transaction(pool) as conn:
            await links.revoke(conn, code=typed)
        raise NoLink(why=MoneyStatus.UNKNOWN_CODE)
    async with transaction(pool) as conn:
        me = await member(conn, caller, caller.user, terms)
        redeemed = await links.redeem(
            conn, code=typed, platform=caller.platform, installation=caller.installation, member=me.member_id
        )
        if not redeemed.status.moved:
            raise NoLink(why=redeemed.status)
    return redeemed


async def part(caller: Caller, *, pool: Pool, terms: Terms) -> None:
    """Give this workspace its own team back. What it had brought along stays with the other.

    Raises:
        NotAnAdmin, NoLink
        DatabaseAway
    """
    caller.must_be_admin()
    async with transaction(pool) as conn:
        me = await member(conn, caller, caller.user, terms)
        status = await links.unlink(
            conn, platform=caller.platform, installation=caller.installation, member=me.member_id
        )
        if not status.moved:
            raise NoLink(why=status)
