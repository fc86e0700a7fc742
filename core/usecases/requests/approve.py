"""An admin decides on a video that their team asks about first: it is paid for and starts, or it ends.

It starts with what the rules of that moment leave: a provider that was excluded meanwhile, or is too dear by now, is
not in its chain, and the video says so. Whoever approves is an admin, so no other rule stands against them.

Nothing was consumed while it waited. The first decision counts: whoever holds the generation's row has it, and all who
come after are told so, the same admin pressing twice among them.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from core.db.credits import ledger
from core.db.errors import transaction
from core.db.generations import approvals, claims, deliveries
from core.db.people import rules as rule_rows
from core.db.people import teams
from core.db.pool import Connection, Pool
from core.domain.chat.principal import Principal
from core.domain.credits.money import Membership, MoneyStatus
from core.domain.generations.generation import Generation, State
from core.domain.generations.state_reason import Approval
from core.domain.ids import ChannelId, GenerationId
from core.domain.requests.refusals import Decided, TooLate, UnknownGeneration
from core.domain.requests.terms import Terms, without
from core.domain.rules.kinds import Rules
from core.usecases.requests.refuse import refuse
from core.usecases.requests.rulings import left_by_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """A generation that was let go. `version` is the row's, for the hint."""

    generation_id: GenerationId
    version: int
    credits_held: int
    credits_left: int


async def approve(generation_id: UUID, *, by: Principal, pool: Pool, terms: Terms) -> Approved:
    """Take the credits and start it. Budgets and the balance decide once more; the threshold does not.

    Raises:
        NotAnAdmin
        UnknownGeneration: there is none, or it is another team's.
        Decided, TooLate: somebody was first.
        Insufficient, OverBudget, TeamFrozen, NotAllowed, NoProvider: it goes on waiting.
        DatabaseAway
    """
    by.must_be_admin()
    async with transaction(pool) as conn:
        generation, channel = await _asking(conn, generation_id, by=by)
        now = await rule_rows.at(conn, platform=generation.platform, installation=generation.installation)
        generation = _by_rules(generation, now.rules, terms)
        admin = await _member(conn, by, terms)
        # The workspace may have been linked since: it spends what its team has now.
        consumed = await ledger.consume_approved(
            conn,
            team_id=admin.team_id,
            key=generation.id,
            amount=generation.quoted,
            member=generation.member_id,
            channel=channel,
            approver=admin.member_id,
            note=generation.request.tier,
        )
        if consumed.status is not MoneyStatus.OK:
            refuse(
                consumed.status,
                needed=generation.quoted,
                balance=consumed.balance,
                affordable=(),  # the admin can only let this one go
            )
        version = await approvals.let_go(
            conn,
            generation,
            team_id=admin.team_id,
            consumed=generation.quoted,
            start_by_s=terms.start_by_s,
            by=admin.member_id,
        )
        await deliveries.nudge(conn, generation.id)
    return Approved(
        generation_id=generation.id, version=version, credits_held=generation.quoted, credits_left=consumed.balance
    )


async def decline(generation_id: UUID, *, by: Principal, pool: Pool, terms: Terms) -> Generation:
    """It is not to be made. The worker carries it out; nothing was taken.

    Raises:
        NotAnAdmin
        UnknownGeneration: there is none, or it is another team's.
        Decided, TooLate: somebody was first.
        DatabaseAway
    """
    by.must_be_admin()
    async with transaction(pool) as conn:
        generation, _ = await _asking(conn, generation_id, by=by)
        admin = await _member(conn, by, terms)
        reason = replace(generation.reason, approval=Approval.DECLINED)
        await approvals.decline(conn, generation.id, reason=reason, by=admin.member_id)
        await claims.wake(conn, generation.id)
        await deliveries.nudge(conn, generation.id)
        ended = await claims.load(conn, generation.id)
    if ended is None:
        raise UnknownGeneration
    return ended


def _by_rules(generation: Generation, rules: Rules, terms: Terms) -> Generation:
    """The same with those of its providers that the rules of this moment leave, at the prices that were shown.

    Raises:
        NotAllowed, NoProvider: they leave none.
    """
    asked = replace(generation.request, excluded=(), too_dear=())
    gone = [name for name in terms.chain(asked.tier) if name not in generation.chain]
    left = left_by_rules(without(asked, gone), rules, terms, fallback=generation.fallback)
    before = generation.request
    request = replace(
        before,
        excluded=tuple(dict.fromkeys((*before.excluded, *left.request.excluded))),
        too_dear=tuple(dict.fromkeys((*before.too_dear, *left.request.too_dear))),
    )
    if request == before:
        return generation
    quoted = terms.quote(left.planned, fallback=generation.fallback)
    prices = {name: generation.prices.get(name, price) for name, price in quoted.by_provider.items()}
    return replace(generation, request=request, chain=terms.planned(left.planned, generation.fallback), prices=prices)


async def _asking(conn: Connection, generation_id: UUID, *, by: Principal) -> tuple[Generation, ChannelId | None]:
    """The generation, held by us and still undecided."""
    found = await approvals.locked(conn, generation_id, principal=by)
    if found is None:
        raise UnknownGeneration
    generation, channel = found
    if generation.state is State.ASKING and generation.cancel_requested_at is None:
        return generation, channel
    if generation.consumed:
        raise Decided(approved=True)
    if generation.reason.approval is Approval.DECLINED:
        raise Decided(approved=False)
    raise TooLate(outcome=generation.outcome or "cancelled")


async def _member(conn: Connection, principal: Principal, terms: Terms) -> Membership:
    return await teams.of(conn, principal, free_credits=terms.free_credits)
