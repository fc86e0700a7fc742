"""The panels in which managers set rules: what each asks for, and which changes come of what was filled in. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import TypeAlias

from core.domain.rules.changes import DEFAULT_FIELDS, PRESET_FIELDS, RuleChange, WrongRule
from core.domain.rules.decision import AGE, ALLOWED, BLOCKED, DENIED, EXCLUDED
from core.domain.rules.kinds import EVERYBODY, RuleKind, Rules
from core.domain.rules.shown import shown, words_after

Filled: TypeAlias = Mapping[str, tuple[str, ...]]
"""By field what was chosen or typed; a field that a platform does not show is not in it."""

OFF = ("off", "-", "none", "no limit")
USUAL = "usual"
"""The choice that takes a rule back."""
GONE, YES, NO = "gone", "yes", "no"
"""The field that takes a preset back whatever else is filled in, and its choices."""
LIFTED = "lifted_"
"""Begins the field of a list that is too long for its form, before its kind: who is chosen there leaves it."""
SHARED = (RuleKind.LINKS, RuleKind.PRIVATE_LINKS, RuleKind.GALLERY)
"""Choices about all videos of a workspace."""
NUMBERS = (RuleKind.VIDEOS_PER_DAY, RuleKind.CREDITS_PER_DAY, RuleKind.OPEN_MOST, RuleKind.WAIT_S)


class PanelName(StrEnum):
    CHANNELS = "channels"
    RESULTS = "results"
    LIMITS = "limits"
    TIERS = "tiers"
    GUESTS = "guests"
    SUPPORTERS = "supporters"
    PEOPLE = "people"
    WORDS = "words"
    PROVIDERS = "providers"
    PRESETS = "presets"
    DEFAULTS = "defaults"
    SHARING = "sharing"


KINDS: Mapping[PanelName, tuple[RuleKind, ...]] = {
    PanelName.CHANNELS: (RuleKind.CHANNEL, RuleKind.ADULT),
    PanelName.RESULTS: (RuleKind.RESULTS,),
    PanelName.LIMITS: NUMBERS,
    PanelName.TIERS: (RuleKind.TIERS,),
    PanelName.GUESTS: (*NUMBERS, RuleKind.TIERS),
    PanelName.SUPPORTERS: (*NUMBERS, RuleKind.TIERS),
    PanelName.PEOPLE: (RuleKind.PERSON, RuleKind.MANAGERS),
    PanelName.WORDS: (RuleKind.WORDS,),
    PanelName.PROVIDERS: (RuleKind.PROVIDER, RuleKind.MAX_PRICE),
    PanelName.PRESETS: (RuleKind.PRESET,),
    PanelName.DEFAULTS: (RuleKind.DEFAULT,),
    PanelName.SHARING: (*SHARED, RuleKind.NO_LINKS),
}
"""The rules that a panel is about."""


def changes(panel: PanelName, filled: Filled, rules: Rules, *, showed: Rules | None = None) -> tuple[RuleChange, ...]:
    """What shall be other than before.

    Args:
        rules: what holds.
        showed: what held when the form was opened, if that is something else: a form changes what it showed alone.

    Raises:
        WrongRule: what was typed is none of what it may be.
    """
    showed = showed or rules
    match panel:
        case PanelName.CHANNELS:
            found = _channels(filled, showed)
        case PanelName.RESULTS:
            found = _results(filled)
        case PanelName.LIMITS:
            found = _numbers(filled, filled.get("role") or (EVERYBODY,))
        case PanelName.TIERS:
            found = _tiers(filled, filled.get("role") or (EVERYBODY,))
        case PanelName.GUESTS | PanelName.SUPPORTERS:
            found = iter((*_tiers(filled, filled.get("who", ())), *_numbers(filled, filled.get("who", ()))))
        case PanelName.PEOPLE:
            blocked = _set(RuleKind.PERSON, BLOCKED, "blocked", filled, showed)
            found = iter((*blocked, *_set(RuleKind.MANAGERS, "yes", "managers", filled, showed)))
        case PanelName.WORDS:
            found = _words(filled, rules, showed)
        case PanelName.PROVIDERS:
            found = iter((*_set(RuleKind.PROVIDER, EXCLUDED, "excluded", filled, showed), *_price(filled)))
        case PanelName.SHARING:
            found = iter((*_links(filled), *_set(RuleKind.NO_LINKS, "yes", "no_links", filled, showed)))
        case _:
            found = _fields(panel, filled)
    return tuple(found)


def _channels(filled: Filled, showed: Rules) -> Iterator[RuleChange]:
    allowed, denied = (_wanted(RuleKind.CHANNEL, value, value, filled, showed) for value in (ALLOWED, DENIED))
    lifted, in_denied = _lifted(RuleKind.CHANNEL, filled), frozenset(filled.get(DENIED, ()))
    for channel in sorted(allowed | denied):
        value = DENIED if channel in in_denied else ALLOWED if allowed.get(channel) else None
        yield RuleChange(kind=RuleKind.CHANNEL, subject=channel, value=None if channel in lifted else value)
    yield from _set(RuleKind.ADULT, "yes", "adult", filled, showed)


def _set(kind: RuleKind, value: str, field: str, filled: Filled, showed: Rules) -> Iterator[RuleChange]:
    """Those that were chosen have the value; those that the form showed and that were not chosen have it no more."""
    for subject, has in sorted(_wanted(kind, value, field, filled, showed).items()):
        yield RuleChange(kind=kind, subject=subject, value=value if has else None)


def _wanted(kind: RuleKind, value: str, field: str, filled: Filled, showed: Rules) -> dict[str, bool]:
    """By subject that somebody has changed in the form: whether it shall have the value."""
    lifted = dict.fromkeys(_lifted(kind, filled), False)
    if field not in filled:
        return lifted
    seen, chosen = frozenset(shown(showed, kind, value)), frozenset(filled[field])
    return dict.fromkeys(seen - chosen, False) | dict.fromkeys(chosen - seen, True) | lifted


def _lifted(kind: RuleKind, filled: Filled) -> frozenset[str]:
    return frozenset(filled.get(f"{LIFTED}{kind.value}", ()))


def _results(filled: Filled) -> Iterator[RuleChange]:
    target = (*filled.get("to", ()), None)[0]
    for channel in filled.get("from", ()):
        yield RuleChange(kind=RuleKind.RESULTS, subject=channel, value=None if target == channel else target)


def _numbers(filled: Filled, subjects: Iterable[str]) -> Iterator[RuleChange]:
    """What is left empty stays as it is."""
    for subject in subjects:
        for kind in NUMBERS:
            if typed := _typed(filled, kind.value):
                yield RuleChange(kind=kind, subject=subject, value=_number(kind, typed))


def _tiers(filled: Filled, subjects: Iterable[str]) -> Iterator[RuleChange]:
    """What is left empty stays as it is: a form about several people shows no rule of one of them."""
    if chosen := filled.get("tiers", ()):
        for subject in subjects:
            yield RuleChange(kind=RuleKind.TIERS, subject=subject, value=None if USUAL in chosen else chosen)


def _links(filled: Filled) -> Iterator[RuleChange]:
    for kind in SHARED:
        for chosen in filled.get(kind.value, ()):
            yield RuleChange(kind=kind, value=None if chosen == USUAL else chosen)


def _words(filled: Filled, rules: Rules, showed: Rules) -> Iterator[RuleChange]:
    for name in (BLOCKED, AGE):
        if name in filled:
            words = words_after(_typed(filled, name), showed=showed.words(name), now=rules.words(name))
            yield RuleChange(kind=RuleKind.WORDS, subject=name, value=words or None)


def _price(filled: Filled) -> Iterator[RuleChange]:
    if typed := _typed(filled, RuleKind.MAX_PRICE.value):
        for tier in filled.get("tier", ()):
            value = _number(RuleKind.MAX_PRICE, typed)
            yield RuleChange(kind=RuleKind.MAX_PRICE, subject=tier, value=value)


def _fields(panel: PanelName, filled: Filled) -> Iterator[RuleChange]:
    """A preset by its name, or what holds in channels: nothing filled in takes it back, and so does saying so."""
    kind, names = RuleKind.PRESET, PRESET_FIELDS
    subjects = filled.get("name", ())
    if panel is PanelName.DEFAULTS:
        kind, names, subjects = RuleKind.DEFAULT, DEFAULT_FIELDS, filled.get("channels", ())
    value = {name: typed for name in names if (typed := _typed(filled, name)) and typed != USUAL}
    if (seconds := value.get("seconds")) and not seconds.isdigit():
        raise WrongRule(kind="seconds", value=seconds, known=("2", "15"))
    if not any(subjects):
        raise WrongRule(kind="name" if kind is RuleKind.PRESET else "channels", value="")
    is_gone = filled.get(GONE) == (YES,)
    for subject in subjects:
        yield RuleChange(kind=kind, subject=subject, value=None if is_gone else value or None)


def _typed(filled: Filled, field: str) -> str:
    return "\n".join(filled.get(field, ())).strip()


def _number(kind: RuleKind, typed: str) -> int | None:
    if typed.casefold() in OFF:
        return None
    bare = typed.replace(",", "").replace(" ", "").removesuffix("s")
    if not (bare.isascii() and bare.isdigit() and len(bare) < 10):
        raise WrongRule(kind=kind.value, value=typed, known=("0", "1000000"))
    return int(bare)
