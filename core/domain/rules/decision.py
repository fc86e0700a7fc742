"""May this person ask for this video here? One pure function over frozen values; every entry goes through it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from core.domain.chat.principal import Belongs
from core.domain.errors import Refused
from core.domain.ids import ChannelId, ProviderName, UserId
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import TierName
from core.domain.rules.allowances import Allowance, Overrun, Used, allowance, beyond
from core.domain.rules.kinds import EVERYBODY, GUESTS, OUTSIDERS, RuleKind, Rules, WorkspaceRule
from core.domain.rules.words import first_found

ALLOWED, DENIED, BLOCKED, EXCLUDED, AGE = "allowed", "denied", "blocked", "excluded", "age"


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """The person who asks. `roles`: those of the platform's roles that rules are about, as far as they have them."""

    user: UserId
    belongs: Belongs = Belongs.MEMBER
    roles: frozenset[str] = frozenset()

    @property
    def subjects(self) -> tuple[str, ...]:
        """Whom rules about them are about."""
        apart = {Belongs.GUEST: (GUESTS,), Belongs.OUTSIDER: (OUTSIDERS,)}.get(self.belongs, ())
        return (EVERYBODY, *apart, *sorted(self.roles))


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedIn:
    """The channel that they ask in. `is_adult`: the platform restricts it by age."""

    channel: ChannelId
    is_adult: bool = False


class WhyNot(StrEnum):
    """What a rule says no to."""

    BELONGS = "belongs"
    """People who are not this workspace's members."""
    PERSON = "person"
    CHANNEL = "channel"
    ADULT_CHANNEL = "adult_channel"
    """An age-restricted channel that is not marked as allowed."""
    WORD = "word"
    ADULT_WORD = "adult_word"
    """A word that only age-restricted channels may have."""
    TIER = "tier"
    LIMIT = "limit"
    PRICE = "price"
    """All providers that are left are dearer than one video of this tier may be."""


@dataclass(eq=False)
class NotAllowed(Refused):
    """A rule of the workspace says no.

    Args:
        rule: which, where it is one; the default limit is none.
        instead: what there is instead: tiers that they may choose, channels where they may ask.
        word: of a list, as the list has it. The person alone reads it.
        overrun: the limit that would be overrun.
        affordable: tiers that what is left of the day's credits covers, with what each holds.
        belongs: what the person is to the workspace.
    """

    why: WhyNot
    rule: WorkspaceRule | None = None
    instead: tuple[str, ...] = ()
    word: str = ""
    overrun: Overrun | None = None
    needed: int = 0
    affordable: tuple[tuple[str, int], ...] = ()
    belongs: Belongs = Belongs.MEMBER

    @property
    def counts_as(self) -> str:
        """The kind under which managers see it counted."""
        return self.overrun.kind.value if self.overrun is not None else self.why.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """They may, with these bounds.

    Args:
        allowance: what is counted in the transaction that consumes.
        without: providers that the workspace excludes.
        price_most: the most credits that this may hold; None is any.
        results_in: the channel that the video comes to; None is where it was asked for.
        is_veiled: whoever looks at the video has to want that.
    """

    allowance: Allowance = field(default_factory=Allowance)
    without: tuple[ProviderName, ...] = ()
    price_most: int | None = None
    results_in: ChannelId | None = None
    is_veiled: bool = False


def allowed(
    request: VideoRequest, who: Who, where: AskedIn, rules: Rules, used: Used | None = None, *, open_most: int
) -> Allowed | NotAllowed:
    """Whether they may ask for this here.

    Args:
        used: what they have used; None decides all but what is counted.
        open_most: how many requests somebody may have under way, where no rule says otherwise.
    """
    refusal = _person(who, rules) or _place(where, rules) or _words(request, where, rules) or _tier(request, who, rules)
    if refusal is not None:
        return refusal
    has = allowance(rules, who.subjects, open_most=open_most)
    if used is not None and (over := beyond(has, used)) is not None:
        return NotAllowed(WhyNot.LIMIT, rule=over.rule, overrun=over, needed=used.needed)
    target = rules.about(RuleKind.RESULTS, where.channel)
    return Allowed(
        allowance=has,
        without=excluded(rules),
        price_most=price_most(rules, request.tier),
        results_in=ChannelId(target.value) if target is not None and isinstance(target.value, str) else None,
        is_veiled=request.is_veiled or where.is_adult,
    )


def excluded(rules: Rules) -> tuple[ProviderName, ...]:
    """The providers that are never asked for this workspace."""
    return tuple(ProviderName(name) for name in rules.subjects(RuleKind.PROVIDER, EXCLUDED))


def price_most(rules: Rules, tier: TierName) -> int | None:
    """The most credits that one video of a tier may hold; None is any."""
    rule = rules.about(RuleKind.MAX_PRICE, tier.value)
    return rule.value if rule is not None and isinstance(rule.value, int) else None


def is_manager(roles: Iterable[str], rules: Rules) -> bool:
    """Whether somebody with these roles may change the rules, though they are no admin."""
    return any(rule.subject in frozenset(roles) for rule in rules.of(RuleKind.MANAGERS))


def tiers_of(who: Who, rules: Rules) -> tuple[TierName, ...]:
    """The tiers that somebody may choose."""
    rule = rules.newest(RuleKind.TIERS, who.subjects)
    if rule is None or not isinstance(rule.value, tuple):
        return tuple(TierName)
    return tuple(tier for tier in TierName if tier.value in rule.value)


def _place(where: AskedIn, rules: Rules) -> NotAllowed | None:
    own = rules.about(RuleKind.CHANNEL, where.channel)
    allowed_in = rules.subjects(RuleKind.CHANNEL, ALLOWED)
    if own is not None and own.value == DENIED:
        return NotAllowed(WhyNot.CHANNEL, rule=own, instead=allowed_in)
    if allowed_in and where.channel not in allowed_in:
        return NotAllowed(WhyNot.CHANNEL, instead=allowed_in)
    if where.is_adult and rules.about(RuleKind.ADULT, where.channel) is None:
        return NotAllowed(WhyNot.ADULT_CHANNEL)
    return None


def _person(who: Who, rules: Rules) -> NotAllowed | None:
    if not rules.lets_in.lets_in(who.belongs):
        return NotAllowed(WhyNot.BELONGS, belongs=who.belongs)
    rule = rules.about(RuleKind.PERSON, who.user)
    return NotAllowed(WhyNot.PERSON, rule=rule) if rule is not None and rule.value == BLOCKED else None


def _words(request: VideoRequest, where: AskedIn, rules: Rules) -> NotAllowed | None:
    if (word := first_found(request.prompt, rules.words(BLOCKED))) is not None:
        return NotAllowed(WhyNot.WORD, rule=rules.about(RuleKind.WORDS, BLOCKED), word=word)
    if not where.is_adult and (word := first_found(request.prompt, rules.words(AGE))) is not None:
        return NotAllowed(WhyNot.ADULT_WORD, rule=rules.about(RuleKind.WORDS, AGE), word=word)
    return None


def _tier(request: VideoRequest, who: Who, rules: Rules) -> NotAllowed | None:
    may = tiers_of(who, rules)
    if request.tier in may:
        return None
    return NotAllowed(
        WhyNot.TIER, rule=rules.newest(RuleKind.TIERS, who.subjects), instead=tuple(tier.value for tier in may)
    )
