"""A member gives what is left of this month's budget to another; an admin may give from anybody's.

No credits move, and none are made: only an operator or a signed shop brings new ones in.
"""

from uuid import UUID, uuid5

from core.db.credits import budgets
from core.db.errors import transaction
from core.db.pool import Pool
from core.domain.chat.principal import Principal
from core.domain.credits.credit_commands import Give
from core.domain.ids import UserId
from core.domain.requests.refusals import NoGift, WrongAmount
from core.domain.requests.terms import Terms
from core.usecases.credits.budgets import member

_KEYS = UUID("7a1d52c6-0b9e-5c0f-8f1a-9e4f0a6a3c55")
TO_ONESELF = "to_oneself"


async def gift(principal: Principal, order: Give, *, event: str, pool: Pool, terms: Terms) -> UserId:
    """Move budget, once for each event. Returns who gave.

    Args:
        event: the platform's own id of the command, the same in every redelivery.

    Raises:
        NotAnAdmin: only an admin gives from another's budget.
        NoGift, WrongAmount
        DatabaseAway
    """
    source = order.giver or principal.user
    if source != principal.user:
        principal.must_be_admin()
    if order.amount < 1:
        raise WrongAmount(value=str(order.amount))
    if source == order.receiver:
        raise NoGift(why=TO_ONESELF, amount=order.amount)
    async with transaction(pool) as conn:
        actor = await member(conn, principal, principal.user, terms)
        from_whom = await member(conn, principal, source, terms)
        to_whom = await member(conn, principal, order.receiver, terms)
        status = await budgets.gift(
            conn,
            team_id=actor.team_id,
            key=uuid5(_KEYS, f"{principal.platform}\x1f{principal.installation}\x1f{event}"),
            giver=from_whom.member_id,
            receiver=to_whom.member_id,
            amount=order.amount,
            actor=actor.member_id,
        )
        if not status.moved:
            raise NoGift(why=status, amount=order.amount)
    return source
