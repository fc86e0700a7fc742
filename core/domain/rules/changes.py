"""A change of a rule, checked before it is written down: which subjects and values a kind may have. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from core.domain.errors import Refused
from core.domain.requests.tiers import TIERS, TierName
from core.domain.rules.decision import AGE, ALLOWED, BLOCKED, DENIED, EXCLUDED
from core.domain.rules.kinds import RuleKind, Value
from core.domain.rules.words import WORD_MAX, WORDS_MAX, folded
from core.domain.text import NAME_MAX, clean

DAY_S = 86_400
MOSTS = {
    RuleKind.VIDEOS_PER_DAY: 100_000,
    RuleKind.CREDITS_PER_DAY: 100_000_000,
    RuleKind.OPEN_MOST: 1000,
    RuleKind.WAIT_S: DAY_S,
    RuleKind.MAX_PRICE: 1_000_000,
}
LEASTS = {RuleKind.OPEN_MOST: 1, RuleKind.MAX_PRICE: 1}
CHOICES: Mapping[RuleKind, tuple[str, ...]] = {
    RuleKind.CHANNEL: (ALLOWED, DENIED),
    RuleKind.ADULT: ("yes",),
    RuleKind.PERSON: (BLOCKED,),
    RuleKind.LINKS: ("off", "24h", "30d"),
    RuleKind.PRIVATE_LINKS: ("yes",),
    RuleKind.NO_LINKS: ("yes",),
    RuleKind.GALLERY: ("off",),
    RuleKind.PROVIDER: (EXCLUDED,),
    RuleKind.MANAGERS: ("yes",),
}
PRESET_FIELDS = ("words", "tier", "aspect", "seconds")
DEFAULT_FIELDS = ("preset", "tier", "aspect", "seconds")
TEXT_MAX = 1000
SUBJECT_MAX = 100


@dataclass(eq=False)
class WrongRule(Refused):
    """A value that a rule cannot have. `known`: what it may be; numbers as from and to."""

    kind: str
    value: str
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """One rule as it shall be; a value of None takes it back."""

    kind: RuleKind
    subject: str = field(default="")
    value: Value | None = None


def checked(change: RuleChange) -> RuleChange:
    """The change, cleaned.

    Raises:
        WrongRule
    """
    subject = clean(change.subject, length=SUBJECT_MAX)
    if change.kind is RuleKind.PRESET:
        subject = subject.casefold()
    _check_subject(change.kind, subject)
    change = replace(change, subject=subject)
    return change if change.value is None else replace(change, value=_value(change.kind, change.value))


def _check_subject(kind: RuleKind, subject: str) -> None:
    known: tuple[str, ...] = ()
    match kind:
        case RuleKind.PROVIDER:
            known = tuple(sorted({str(name) for tier in TIERS.values() for name in tier.chain}))
        case RuleKind.MAX_PRICE:
            known = tuple(tier.value for tier in TierName)
        case RuleKind.WORDS:
            known = (BLOCKED, AGE)
        case RuleKind.LINKS | RuleKind.PRIVATE_LINKS | RuleKind.GALLERY:
            known = ("",)
        case _ if not subject:
            raise WrongRule(kind=kind.value, value="")
        case _:
            return
    if subject not in known:
        raise WrongRule(kind=kind.value, value=subject[:NAME_MAX], known=known)


def _value(kind: RuleKind, value: Value) -> Value:
    if kind in MOSTS:
        return _number(kind, value)
    if (known := CHOICES.get(kind)) is not None:
        if value not in known:
            raise WrongRule(kind=kind.value, value=_said(value), known=known)
        return value
    readers: dict[RuleKind, Callable[[Value], Value]] = {
        RuleKind.TIERS: _tiers,
        RuleKind.WORDS: _words,
        RuleKind.RESULTS: _channel,
        RuleKind.PRESET: lambda given: _fields(RuleKind.PRESET, given, PRESET_FIELDS),
        RuleKind.DEFAULT: lambda given: _fields(RuleKind.DEFAULT, given, DEFAULT_FIELDS),
    }
    return readers[kind](value)


def _number(kind: RuleKind, value: Value) -> int:
    least, most = LEASTS.get(kind, 0), MOSTS[kind]
    if not isinstance(value, int) or not least <= value <= most:
        raise WrongRule(kind=kind.value, value=_said(value), known=(str(least), str(most)))
    return value


def _tiers(value: Value) -> Value:
    known = tuple(tier.value for tier in TierName)
    if not isinstance(value, tuple) or not value or not set(value) <= set(known):
        raise WrongRule(kind=RuleKind.TIERS.value, value=_said(value), known=known)
    return tuple(tier for tier in known if tier in value)


def _words(value: Value) -> Value:
    if not isinstance(value, tuple) or len(value) > WORDS_MAX:
        raise WrongRule(kind=RuleKind.WORDS.value, value=_said(value), known=("1", str(WORDS_MAX)))
    return tuple(clean(word, length=WORD_MAX) for word in value if folded(word))


def _channel(value: Value) -> Value:
    if not isinstance(value, str) or not value or len(value) > SUBJECT_MAX:
        raise WrongRule(kind=RuleKind.RESULTS.value, value=_said(value))
    return value


def _fields(kind: RuleKind, value: Value, known: tuple[str, ...]) -> Value:
    if not isinstance(value, Mapping) or not set(value) <= set(known):
        raise WrongRule(kind=kind.value, value=_said(value), known=known)
    return {name: clean(text, length=TEXT_MAX) for name, text in value.items() if text}


def _said(value: Value) -> str:
    return clean(str(value), length=NAME_MAX)
