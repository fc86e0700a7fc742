"""What the rules of a workspace say about a request: before anything is taken, and again by what was counted."""

import contextlib
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace

from core.db.errors import ACQUIRE_TIMEOUT_S, statement
from core.db.people import rules as rule_rows
from core.db.people.rules import RulesNow
from core.db.pool import Pool
from core.domain.chat.principal import Belongs
from core.domain.errors import Refused
from core.domain.ids import ChannelId, Installation, PlatformName, ProviderName, UserId
from core.domain.requests.fallback import Fallback
from core.domain.requests.refusals import NoProvider
from core.domain.requests.request import VideoRequest, checked
from core.domain.requests.terms import Terms, without
from core.domain.requests.tiers import TierName
from core.domain.rules.allowances import Allowance, Used
from core.domain.rules.decision import (
    AskedIn,
    NotAllowed,
    Who,
    WhyNot,
    allowed,
    excluded,
    price_most,
    tiers_of,
)
from core.domain.rules.kinds import RuleKind, Rules
from core.domain.rules.presets import Said, completed

REMEMBERED_MOST = 1000
InRoles = Callable[[Collection[str]], Awaitable[frozenset[str]]]
"""Which of these roles of the platform a person has now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who asks, and where, as far as rules look at it.

    Args:
        is_adult: the platform restricts the channel by age.
        is_private: not everybody of the workspace may look into the channel.
        said: what the person has said of it; None: the request is complete as it is.
    """

    platform: PlatformName
    installation: Installation
    channel: ChannelId
    user: UserId
    belongs: Belongs = Belongs.MEMBER
    is_adult: bool = False
    is_private: bool = False
    said: Said | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A request that may be made, and what holds for it.

    Args:
        request: what is made, with what its preset and its channel say.
        planned: the same as it is planned: without providers that are excluded or too dear here.
        results_in: the channel that the video comes to; None is where it was asked for.
    """

    request: VideoRequest
    planned: VideoRequest
    allowance: Allowance
    results_in: ChannelId | None
    who: Who
    rules: Rules
    fallback: Fallback


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A request by the rules about providers. `request` names those that are left out; `planned` is without them."""

    request: VideoRequest
    planned: VideoRequest


async def nobody(_roles: Collection[str]) -> frozenset[str]:
    """Of somebody whose roles nobody knows."""
    return frozenset()


class RuleMemory:
    """The rules that one process has read. Whoever decides by them has the database say whether they still hold."""

    def __init__(self) -> None:
        self._known: dict[tuple[PlatformName, Installation], RulesNow] = {}

    def of(self, by: Asking) -> RulesNow | None:
        """Those of a workspace, as they once were."""
        return self._known.get((by.platform, by.installation))

    def keep(self, by: Asking, now: RulesNow) -> None:
        """Those of a workspace have been read."""
        if len(self._known) >= REMEMBERED_MOST:
            self._known.clear()
        self._known[by.platform, by.installation] = now

    def forget(self, by: Asking) -> None:
        """They may be other ones by now."""
        self._known.pop((by.platform, by.installation), None)


async def rule(
    request: VideoRequest,
    by: Asking,
    *,
    in_roles: InRoles = nobody,
    pool: Pool,
    terms: Terms,
    wait_s: float = ACQUIRE_TIMEOUT_S,
    memory: RuleMemory | None = None,
) -> Ruling:
    """Decide all but what is counted.

    Args:
        memory: what is allowed by rules that are remembered is checked when it is written down; what they refuse is
            decided anew by those that hold.

    Raises:
        NotAllowed, NoProvider, UnknownPreset, PromptTooLong
        CannotCheck: a rule is about a role, and the platform does not say who has it.
        DatabaseAway
    """
    remembered = memory.of(by) if memory is not None else None
    if remembered is not None:
        with contextlib.suppress(Refused):
            return await ruled(request, by, remembered, in_roles=in_roles, terms=terms)
    async with statement(pool, wait_s=wait_s) as conn:
        now = await rule_rows.at(conn, platform=by.platform, installation=by.installation)
    if memory is not None:
        memory.keep(by, now)
    return await ruled(request, by, now, in_roles=in_roles, terms=terms)


async def ruled(request: VideoRequest, by: Asking, now: RulesNow, *, in_roles: InRoles, terms: Terms) -> Ruling:
    """Decide by these rules all but what is counted.

    Raises:
        NotAllowed, NoProvider, UnknownPreset, PromptTooLong, CannotCheck
    """
    if by.said is not None:
        request = checked(completed(request, by.said, by.channel, now.rules))
    roles = await in_roles(now.rules.roles) if now.rules.roles else frozenset()
    who = Who(user=by.user, belongs=by.belongs, roles=roles)
    answer = allowed(
        request, who, AskedIn(channel=by.channel, is_adult=by.is_adult), now.rules, open_most=terms.open_most
    )
    if isinstance(answer, NotAllowed):
        raise _with_ways(answer, request, who, now, terms)
    left = left_by_rules(request, now.rules, terms, fallback=now.fallback)
    return Ruling(
        request=replace(left.request, is_veiled=answer.is_veiled, is_private=by.is_private),
        planned=left.planned,
        allowance=answer.allowance,
        results_in=answer.results_in,
        who=who,
        rules=now.rules,
        fallback=now.fallback,
    )


def left_by_rules(request: VideoRequest, rules: Rules, terms: Terms, *, fallback: Fallback) -> Left:
    """Leave out the providers that a workspace excludes, and those that are too dear there.

    Raises:
        NotAllowed: all that are left are too dear.
        NoProvider
    """
    never = excluded(rules)
    possible = without(request, never)
    planned = _affordable(possible, terms, rules, fallback)
    request = replace(
        request,
        excluded=tuple(name for name in terms.chain(request.tier) if name in never),
        too_dear=tuple(name for name in planned.without if name not in possible.without),
    )
    return Left(request=request, planned=planned)


def _with_ways(refusal: NotAllowed, request: VideoRequest, who: Who, now: RulesNow, terms: Terms) -> NotAllowed:
    """A refusal that offers no tier which nobody makes here, or which would be refused in its turn."""
    if refusal.why is not WhyNot.TIER:
        return refusal
    prices = terms.tier_prices(like=without(request, excluded(now.rules)), fallback=now.fallback)
    ways = [tier for tier in refusal.instead if tier in prices]
    return replace(
        refusal, instead=tuple(tier for tier in ways if _may_be(TierName(tier), prices[TierName(tier)], who, now.rules))
    )


def beyond(ruling: Ruling, request: VideoRequest, by: Asking, used: Used, terms: Terms) -> NotAllowed:
    """The refusal for what was counted, with what would be possible instead."""
    where = AskedIn(channel=by.channel, is_adult=by.is_adult)
    answer = allowed(request, ruling.who, where, ruling.rules, used, open_most=terms.open_most)
    if not isinstance(answer, NotAllowed):
        raise TypeError("the database refuses what the rules allow")
    if answer.overrun is None or answer.overrun.kind is not RuleKind.CREDITS_PER_DAY:
        return answer
    left = answer.overrun.most - answer.overrun.used
    return replace(answer, affordable=affordable(left, ruling, terms, fallback=ruling.fallback))


def affordable(left: int, ruling: Ruling, terms: Terms, *, fallback: Fallback) -> tuple[tuple[str, int], ...]:
    """Tiers that so many credits cover and that rules leave to the person, dearest first, each with what it holds."""
    cheaper = terms.affordable(left, like=ruling.planned, fallback=fallback)
    return tuple(row for row in cheaper if _may_be(TierName(row[0]), row[1], ruling.who, ruling.rules))


def _may_be(tier: TierName, price: int, who: Who, rules: Rules) -> bool:
    most = price_most(rules, tier)
    return tier in tiers_of(who, rules) and (most is None or price <= most)


async def count(refusal: NotAllowed, *, platform: PlatformName, installation: Installation, pool: Pool) -> None:
    """Count a refusal for the managers: its kind, and none of the words.

    Raises:
        DatabaseAway
    """
    async with statement(pool) as conn:
        await rule_rows.count_refusal(conn, platform=platform, installation=installation, kind=refusal.counts_as)


def _affordable(request: VideoRequest, terms: Terms, rules: Rules, fallback: Fallback) -> VideoRequest:
    """The request without providers that cost more than one video of its tier may."""
    most = price_most(rules, request.tier)
    if most is None:
        return request
    quoted = terms.quote(request)
    dear: list[ProviderName] = [name for name, price in quoted.by_provider.items() if price > most]
    if not dear:
        return request
    narrowed = without(request, dear)
    try:
        terms.quote(narrowed, fallback=fallback)
    except NoProvider:
        least = min(quoted.by_provider.values())
        rule = rules.about(RuleKind.MAX_PRICE, request.tier.value)
        raise NotAllowed(WhyNot.PRICE, rule=rule, needed=least, instead=(str(most),)) from None
    return narrowed
