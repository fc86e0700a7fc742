"""What a refusal offers instead: only what would not be refused in its turn.

A refusal knows the one thing that it is about: a rule, a balance, a queue. What it offers is tried here on all of them:
the rules, what is left of the day, the balance and the budgets, as they are at this moment.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from core.db.credits import budgets, ledger
from core.db.errors import statement
from core.db.people import rules as rule_rows
from core.db.people import teams
from core.db.pool import Connection, Pool
from core.domain.errors import Refused
from core.domain.requests.options import Option
from core.domain.requests.refusals import Insufficient, NoProviderForPictures, OverBudget, TooBusy, TooManyTakes
from core.domain.requests.terms import Terms
from core.domain.requests.tiers import TierName
from core.domain.rules.allowances import Used, beyond
from core.domain.rules.decision import NotAllowed, WhyNot
from core.domain.rules.kinds import RuleKind
from core.usecases.requests import rulings
from core.usecases.requests.rulings import Asking, InRoles, RuleMemory
from core.usecases.requests.submit import VideoCommand

PASSING = frozenset({RuleKind.WAIT_S, RuleKind.OPEN_MOST})
"""Limits that end with time, or with the person's other videos: what only they refuse is offered all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What a person may still spend at this moment. `credits`: the balance, or what a budget leaves of it."""

    credits: int
    used: Used


async def possible(refusal: Refused, asked: VideoCommand, *, in_roles: InRoles, pool: Pool, terms: Terms) -> Refused:
    """The refusal, with those of its offers that are possible.

    Raises:
        DatabaseAway
    """
    if isinstance(refusal, TooManyTakes):
        most = replace(asked, takes=refusal.takes_max)
        offered = await _held(most, (most.request.tier,), in_roles=in_roles, pool=pool, terms=terms)
        return replace(refusal, may_have_most=bool(offered))
    named = tuple(_named(refusal))
    if not named:
        return refusal
    return _with(refusal, await _held(asked, named, in_roles=in_roles, pool=pool, terms=terms))


def _named(refusal: Refused) -> Iterable[TierName]:
    """The tiers that it offers; the dearest first where it names their prices."""
    match refusal:
        case Insufficient(affordable=priced) | TooBusy(quicker=priced) | NotAllowed(affordable=(_, *_) as priced):
            return (TierName(tier) for tier, _ in priced)
        case NotAllowed(why=WhyNot.TIER, instead=tiers) | NoProviderForPictures(able=tiers):
            return (TierName(tier) for tier in tiers)
        case OverBudget():
            return TierName
        case _:
            return ()


def _with(refusal: Refused, held: tuple[tuple[str, int], ...]) -> Refused:
    tiers = tuple(tier for tier, _ in held)
    match refusal:
        case TooBusy():
            return replace(refusal, quicker=held)
        case OverBudget():
            return replace(refusal, affordable=tuple(sorted(held, key=lambda row: -row[1])))
        case Insufficient() | NotAllowed(affordable=(_, *_)):
            return replace(refusal, affordable=held)
        case NotAllowed():
            return replace(refusal, instead=tiers)
        case NoProviderForPictures():
            return replace(refusal, able=tiers)
        case _:
            raise TypeError(f"{type(refusal).__name__} offers no tiers") from refusal


async def _held(
    asked: VideoCommand, tiers: Iterable[TierName], *, in_roles: InRoles, pool: Pool, terms: Terms
) -> tuple[tuple[str, int], ...]:
    """Those of the tiers that this may be made in, each with what it holds in all."""
    by, memory = _saying_the_tier(asked), RuleMemory()
    async with statement(pool) as conn:
        room = await _room(conn, by, terms)
    held: list[tuple[str, int]] = []
    for tier in tiers:
        request = replace(asked.request, tier=tier)
        try:
            ruling = await rulings.rule(request, by, in_roles=in_roles, pool=pool, terms=terms, memory=memory)
            price = terms.quote(ruling.planned, fallback=ruling.fallback).credits
        except Refused:
            continue
        others = asked.takes - 1
        used = replace(
            room.used, videos=room.used.videos + others, credits=room.used.credits + others * price, needed=price
        )
        limits = {kind: most for kind, most in ruling.allowance.limits.items() if kind not in PASSING}
        if price * asked.takes <= room.credits and beyond(replace(ruling.allowance, limits=limits), used) is None:
            held.append((tier.value, price * asked.takes))
    return tuple(held)


def _saying_the_tier(asked: VideoCommand) -> Asking:
    """As whoever presses a button: they say the tier, whatever a preset or the channel says."""
    by = asked.asking
    if by.said is None:
        return by
    return replace(by, said=replace(by.said, options=by.said.options | {Option.TIER}))


async def _room(conn: Connection, by: Asking, terms: Terms) -> Room:
    member = await teams.ensure(
        conn, platform=by.platform, installation=by.installation, user=by.user, free_credits=terms.free_credits
    )
    funds = await ledger.balance(conn, team_id=member.team_id)
    bounds = await budgets.budgets(conn, team_id=member.team_id, member=member.member_id, channel=by.channel)
    left = (budget.cap - budget.spent for budget in bounds)
    used = await rule_rows.allowance_used(conn, platform=by.platform, installation=by.installation, user=by.user)
    return Room(credits=0 if funds.frozen else min((funds.balance, *left)), used=used)
