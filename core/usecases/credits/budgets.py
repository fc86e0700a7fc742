"""An admin sets how much may be spent: budgets, the threshold of approval, when to be alerted and where."""

from dataclasses import dataclass

from core.db.credits import budgets, ledger_lookups
from core.db.errors import transaction
from core.db.people import rules, teams
from core.db.pool import Connection, Pool
from core.domain.chat.principal import Principal
from core.domain.credits.credit_commands import SetBudget, SetLimits, Whose
from core.domain.credits.history import People
from core.domain.credits.money import Budget, BudgetScope, Membership, TeamLimits
from core.domain.ids import ChannelId, MemberId, UserId
from core.domain.requests.terms import Terms

ALERTS = "alerts"
"""The log's word for the channel that alerts go to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """All budgets of a team, and who the members in them are."""

    budgets: tuple[Budget, ...]
    people: People


async def overview(principal: Principal, *, pool: Pool, terms: Terms) -> Budgets:
    """Every budget of the team, with what is spent of it.

    Raises:
        NotAnAdmin
        DatabaseAway
    """
    principal.must_be_admin()
    async with transaction(pool) as conn:
        me = await member(conn, principal, principal.user, terms)
        found = await budgets.budgets(conn, team_id=me.team_id)
        own = [b.subject for b in found if b.scope is BudgetScope.MEMBER and b.subject != budgets.EVERYBODY]
        people = await ledger_lookups.people(conn, [MemberId(int(subject)) for subject in own])
    return Budgets(budgets=tuple(found), people=people)


async def set_budget(principal: Principal, order: SetBudget, *, pool: Pool, terms: Terms) -> Budget | None:
    """Set a cap, or with None take it away. A budget that begins now counts what its day or month has spent already.

    Raises:
        NotAnAdmin
        DatabaseAway
    """
    principal.must_be_admin()
    async with transaction(pool) as conn:
        me = await member(conn, principal, principal.user, terms)
        subject = await _subject(conn, principal, order.whose, terms)
        await budgets.set_budget(
            conn,
            team_id=me.team_id,
            scope=order.whose.scope,
            subject=subject,
            period=order.period,
            cap=order.cap,
        )
        about = order.whose.user or order.whose.channel or (subject if subject == budgets.EVERYBODY else "")
        await _logged(conn, principal, me, f"budget_{order.whose.scope.value}_{order.period.value}", about, order.cap)
        found = await budgets.budgets(conn, team_id=me.team_id)
    wanted = (order.whose.scope, subject, order.period)
    same = [budget for budget in found if (budget.scope, budget.subject, budget.period) == wanted]
    return same[0] if same and order.cap is not None else None


async def _subject(conn: Connection, principal: Principal, whose: Whose, terms: Terms) -> str:
    if whose.scope is BudgetScope.TEAM:
        return ""
    if whose.user is not None:
        return str((await member(conn, principal, whose.user, terms)).member_id)
    return whose.channel or budgets.EVERYBODY


async def limits(principal: Principal, change: SetLimits | None, *, pool: Pool, terms: Terms) -> TeamLimits:
    """What is set besides budgets, after the change.

    Raises:
        NotAnAdmin
        DatabaseAway
    """
    principal.must_be_admin()
    async with transaction(pool) as conn:
        me = await member(conn, principal, principal.user, terms)
        if change is not None:
            await _apply(conn, principal, me, change)
        return await budgets.limits(conn, team_id=me.team_id)


async def _logged(
    conn: Connection, by: Principal, me: Membership, kind: str, subject: str, value: int | str | None
) -> None:
    """The log of the workspace's rules has budgets and limits, too."""
    await rules.set_rule(
        conn,
        platform=by.platform,
        installation=by.installation,
        kind=kind,
        subject=subject,
        value=value,
        author=me.member_id,
    )


async def _apply(conn: Connection, principal: Principal, me: Membership, change: SetLimits) -> None:
    if change.asks_nobody or change.approval_above is not None:
        await budgets.set_approval(conn, team_id=me.team_id, above=change.approval_above)
        await _logged(conn, principal, me, "approval_above", "", change.approval_above)
    if change.low_balance is None and change.alerts_to is None and not change.no_alerts:
        return
    if change.low_balance is not None:
        await _logged(conn, principal, me, "low_balance", "", change.low_balance)
    if change.alerts_to is not None or change.no_alerts:
        await _logged(conn, principal, me, ALERTS, "", change.alerts_in)
    before = await budgets.limits(conn, team_id=me.team_id)
    place = before.alert_channel
    platform, installation = before.alert_platform, before.alert_installation
    if change.alerts_to is not None or change.no_alerts:
        place = ChannelId(change.alerts_to) if change.alerts_to is not None else None
        platform, installation = principal.platform, principal.installation
    await budgets.set_alerts(
        conn,
        team_id=me.team_id,
        low_balance=before.low_balance if change.low_balance is None else change.low_balance,
        platform=platform or principal.platform,
        installation=installation or principal.installation,
        channel=place,
    )


async def member(conn: Connection, principal: Principal, user: UserId, terms: Terms) -> Membership:
    """Somebody of the caller's workspace, known from now on."""
    return await teams.ensure(
        conn,
        platform=principal.platform,
        installation=principal.installation,
        user=user,
        free_credits=terms.free_credits,
    )
