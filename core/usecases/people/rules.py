"""The rules of a workspace: its managers read and change them. Every change is kept, with who made it and when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from core.db.errors import connection, transaction
from core.db.people import rules as rule_rows
from core.db.people import teams
from core.db.people.rules import RulesNow
from core.db.pool import Pool
from core.domain.chat.principal import Principal
from core.domain.requests.refusals import NotAnAdmin
from core.domain.requests.terms import Terms
from core.domain.requests.tiers import TierName
from core.domain.rules.changes import RuleChange, checked
from core.domain.rules.decision import Who, is_manager, tiers_of
from core.domain.rules.kinds import RuleKind, Rules
from core.usecases.requests.rulings import InRoles


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What holds after a change. `times`: how many rules are other ones than before."""

    rules: Rules
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What there is to choose among in a workspace.

    Args:
        prices: by tier that somebody makes, the cheapest first: what a usual video holds at most.
        presets: by name.
        rules: what holds, by which a person may choose less.
    """

    prices: Mapping[TierName, int]
    presets: tuple[str, ...]
    rules: Rules

    def prices_for(self, who: Who) -> Mapping[TierName, int]:
        """Only the tiers that this person may choose."""
        may = tiers_of(who, self.rules)
        return {tier: price for tier, price in self.prices.items() if tier in may}


async def offered(by: Principal, *, pool: Pool, terms: Terms) -> Offered:
    """What anybody may choose among here, while they type.

    Raises:
        DatabaseAway
    """
    async with connection(pool) as conn:
        now = await rule_rows.at(conn, platform=by.platform, installation=by.installation)
    return Offered(
        prices=terms.tier_prices(fallback=now.fallback),
        presets=tuple(sorted(rule.subject for rule in now.rules.of(RuleKind.PRESET))),
        rules=now.rules,
    )


async def as_manager(by: Principal, *, in_roles: InRoles, pool: Pool) -> Principal:
    """The same person with the rights of whoever manages the videos: an admin, or somebody with a named role.

    Raises:
        NotAnAdmin
        CannotCheck: the platform does not say who has a role.
        DatabaseAway
    """
    if by.is_admin:
        return by
    async with connection(pool) as conn:
        rules = (await rule_rows.at(conn, platform=by.platform, installation=by.installation)).rules
    named = {rule.subject for rule in rules.of(RuleKind.MANAGERS)}
    if not named or not is_manager(await in_roles(named), rules):
        raise NotAnAdmin
    return replace(by, is_admin=True)


async def rules_of(by: Principal, *, in_roles: InRoles, pool: Pool) -> RulesNow:
    """What holds, for its managers.

    Raises:
        NotAnAdmin, CannotCheck, DatabaseAway
    """
    await as_manager(by, in_roles=in_roles, pool=pool)
    async with connection(pool) as conn:
        return await rule_rows.at(conn, platform=by.platform, installation=by.installation)


async def rules_as_of(by: Principal, revision: int, *, pool: Pool) -> Rules:
    """What held after this change. The caller has found that this is a manager.

    Raises:
        DatabaseAway
    """
    async with connection(pool) as conn:
        return await rule_rows.as_of(conn, revision, platform=by.platform, installation=by.installation)


async def change_rules(
    by: Principal, changes: Iterable[RuleChange], *, in_roles: InRoles, pool: Pool, terms: Terms
) -> Changed:
    """RuleChange rules, all or none. Who the managers are is for admins alone: nobody names their own successors.

    Raises:
        NotAnAdmin, WrongRule, CannotCheck
        DatabaseAway
    """
    wanted = [checked(each) for each in changes]
    if any(each.kind is RuleKind.MANAGERS for each in wanted):
        by.must_be_admin()
    manager = await as_manager(by, in_roles=in_roles, pool=pool)
    async with transaction(pool) as conn:
        member = await teams.of(conn, manager, free_credits=terms.free_credits)
        times = 0
        for each in wanted:
            times += await rule_rows.set_rule(
                conn,
                platform=manager.platform,
                installation=manager.installation,
                kind=each.kind.value,
                subject=each.subject,
                value=each.value,
                author=member.member_id,
            )
        now = await rule_rows.at(conn, platform=manager.platform, installation=manager.installation)
    return Changed(rules=now.rules, times=times)
