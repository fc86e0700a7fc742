"""How much one person may ask for: what limits hold for them, and which of them a request would overrun. Pure.

What is used is counted in the transaction that consumes; `submit_ruled_generation` in SQL refuses by the same rule as
`beyond`, and a test holds the two together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from core.domain.rules.kinds import LIMITS, RuleKind, Rules, WorkspaceRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """The limits of one person; a kind that is not in it has none.

    Args:
        rules: the rule that each comes from; the default has none.
    """

    limits: Mapping[RuleKind, int] = field(default_factory=dict)
    rules: Mapping[RuleKind, WorkspaceRule] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What a person has used when they ask for one more.

    Args:
        since_s: since their last request; None where there was none lately.
        needed: the credits that this one holds.
        resets_s: until the day is over, at midnight UTC.
    """

    videos: int = 0
    credits: int = 0
    open: int = 0
    since_s: float | None = None
    needed: int = 0
    resets_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrun:
    """The first limit that a request would overrun.

    Args:
        most, used: what may be, and what is already; seconds for the waiting time.
        frees_s: when it is worth asking again; None where that is not a matter of time alone.
    """

    kind: RuleKind
    most: int
    used: int
    frees_s: float | None
    rule: WorkspaceRule | None


def allowance(rules: Rules, subjects: Iterable[str], *, open_most: int) -> Allowance:
    """The limits of somebody who is these subjects. Of several rules about them the newest wins, kind by kind."""
    known = tuple(subjects)
    found = {kind: rule for kind in LIMITS if (rule := rules.newest(kind, known)) is not None}
    limits = {RuleKind.OPEN_MOST: open_most}
    limits |= {kind: rule.value for kind, rule in found.items() if isinstance(rule.value, int)}
    return Allowance(limits=limits, rules=found)


def beyond(has: Allowance, used: Used) -> Overrun | None:
    """The first limit that one more request would overrun; None: it may be."""
    for kind in LIMITS:
        most = has.limits.get(kind)
        if most is None:
            continue
        is_over, taken, frees_s = _over(kind, most, used)
        if is_over:
            return Overrun(kind=kind, most=most, used=taken, frees_s=frees_s, rule=has.rules.get(kind))
    return None


def _over(kind: RuleKind, most: int, used: Used) -> tuple[bool, int, float | None]:
    match kind:
        case RuleKind.VIDEOS_PER_DAY:
            return used.videos + 1 > most, used.videos, used.resets_s
        case RuleKind.CREDITS_PER_DAY:
            return used.credits + used.needed > most, used.credits, used.resets_s
        case RuleKind.OPEN_MOST:
            return used.open + 1 > most, used.open, None
        case _:
            waited = used.since_s
            return waited is not None and waited < most, int(waited or 0), most - (waited or 0)
