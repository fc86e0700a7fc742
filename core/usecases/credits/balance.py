"""A person asks what their team has left, and where this month's credits went."""

from collections.abc import Callable, Hashable, Sequence
from datetime import timedelta
from typing import TypeVar

from core.db.credits import budgets, ledger, ledger_lookups, statements
from core.db.errors import transaction
from core.db.generations import claims
from core.db.people import teams
from core.db.pool import Pool
from core.db.workers import now as database_now
from core.domain.chat.principal import Principal
from core.domain.credits.history import NOTHING, Balance, Spent
from core.domain.credits.money import Budget, BudgetScope, MemberUsage
from core.domain.ids import ChannelId, MemberId
from core.domain.requests.terms import Terms

Key = TypeVar("Key", bound=Hashable)


async def balance(principal: Principal, *, channel: ChannelId | None, pool: Pool, terms: Terms) -> Balance:
    """What the team of this person has; a team that is seen for the first time gets its free credits.

    Args:
        channel: where they ask; its budget bounds them there.

    Raises:
        DatabaseAway
    """
    async with transaction(pool) as conn:
        me = await teams.of(conn, principal, free_credits=terms.free_credits)
        funds = await ledger.balance(conn, team_id=me.team_id)
        running = await claims.under_way(conn, me.team_id)
        limits = await budgets.limits(conn, team_id=me.team_id)
        now = await database_now(conn)
        month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        used = await statements.use(conn, team_id=me.team_id, start=month, end=now + timedelta(days=1))
        if principal.is_admin:
            bounds = await budgets.budgets(conn, team_id=me.team_id)
        else:
            bounds = await budgets.budgets(conn, team_id=me.team_id, member=me.member_id, channel=channel)
        by_member = spent_by(used, lambda use: use.member_id)
        people = await ledger_lookups.people(conn, [*(member for member, _ in by_member), *_members(bounds)])
    return Balance(
        credits_left=funds.balance,
        held=funds.held,
        running=running,
        is_low=funds.balance < limits.low_balance,
        is_frozen=funds.frozen,
        by_member=by_member,
        by_tier=spent_by(used, lambda use: use.note or "other"),
        budgets=tuple(bounds),
        people=people,
    )


def spent_by(used: Sequence[MemberUsage], key: Callable[[MemberUsage], Key]) -> tuple[tuple[Key, Spent], ...]:
    """The uses added up, dearest first."""
    sums: dict[Key, Spent] = {}
    for use in used:
        sums[key(use)] = sums.get(key(use), NOTHING) + Spent(videos=use.generations, credits=use.spent)
    return tuple(sorted(sums.items(), key=lambda item: -item[1].credits))


def _members(bounds: Sequence[Budget]) -> list[MemberId]:
    own = [budget.subject for budget in bounds if budget.scope is BudgetScope.MEMBER]
    return [MemberId(int(subject)) for subject in own if subject != budgets.EVERYBODY]
