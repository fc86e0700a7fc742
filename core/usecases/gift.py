"""A member gives what is left of this month's budget to another; an admin may give from anybody's.

No credits move, and none are made: only an operator or a signed shop brings new ones in.
"""

from uuid import UUID, uuid5

from core.db import budgets
from core.db.errors import transaction
from core.db.pool import Pool
from core.domain.caller import Caller
from core.domain.ids import UserId
from core.domain.orders import Give
from core.domain.refusals import NoGift, WrongAmount
from core.domain.terms import Terms
from core.usecases.budgets import member

_KEYS = UUID("7a1d52c6-0b9e-5c0f-8f1a-9e4f0a6a3c55")
TO_ONESELF = "to_oneself"


async def gift(caller: Caller, order: Give, *, event: str, pool: Pool, terms: Terms) -> UserId:
    """Move budget, once for each event. Returns who gave.

    Args:
        event: the platform's own id of the command, the same in every redelivery.

    Raises:
        NotAnAdmin: only an admin gives from another's budget.
        NoGift, WrongAmount
        DatabaseAway
    """
    source = order.giver or caller.user
    if source != caller.user:
        caller.must_be_admin()
    if order.amount < 1:
        raise WrongAmount(value=str(order.amount))
    if source == order.receiver:
        raise NoGift(why=TO_ONESELF, amount=order.amount)
    async with transaction(pool) as conn:
        actor = await member(conn, caller, caller.user, terms)
        from_whom = await member(conn, caller, source, terms)
        to_whom = await member(conn, caller, order.receiver, terms)
        status = await budgets.gift(
            conn,
            team_id=actor.team_id,
            key=uuid5(_KEYS, f"{caller.platform}\x1f{caller.installation}\x1f{event}"),
            giver=from_whom.member_id,
            receiver=to_whom.member_id,
            amount=order.amount,
            actor=actor.member_id,
        )
        if not status.moved:
            raise NoGift(why=status, amount=order.amount)
    return source
