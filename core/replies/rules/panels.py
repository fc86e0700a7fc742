"""The panels in which managers set rules, as fields with no platform in them. Each platform draws every kind."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from core.domain.requests.request import Aspect
from core.domain.requests.tiers import TIERS, TierName
from core.domain.rules.decision import AGE, ALLOWED, BLOCKED, DENIED
from core.domain.rules.kinds import EVERYBODY, GUESTS, OUTSIDERS, RuleKind, Rules
from core.domain.rules.panels import USUAL, PanelName
from core.domain.rules.words import WORDS_MAX
from core.replies.chat.tier_names import label as tier_label

CHOSEN_MAX = 25
"""So many may be chosen in one field: Discord's bound."""
TEXT_MAX = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelsField:
    """Channels of the workspace. `for_adults`: only worth asking where a platform restricts some by age."""

    name: str
    label: str
    chosen: tuple[str, ...] = ()
    most: int = CHOSEN_MAX
    required: bool = False
    for_adults: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RolesField:
    """The platform's own roles."""

    name: str
    label: str
    hint: str = ""
    chosen: tuple[str, ...] = ()
    most: int = CHOSEN_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleField:
    name: str
    label: str
    chosen: tuple[str, ...] = ()
    most: int = CHOSEN_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceField:
    """Some of a few options, each a value and what people read."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    chosen: tuple[str, ...] = ()
    most: int = 1
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TextField:
    name: str
    label: str
    value: str = ""
    hint: str = ""
    lines: bool = False
    required: bool = False


PanelField: TypeAlias = ChannelsField | RolesField | PeopleField | ChoiceField | TextField


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One form: at most five fields, which is what a Discord form takes."""

    name: PanelName
    title: str
    fields: tuple[PanelField, ...]


TITLES: Mapping[PanelName, str] = {
    PanelName.CHANNELS: "Channels",
    PanelName.RESULTS: "Where videos come",
    PanelName.LIMITS: "Limits per person",
    PanelName.TIERS: "Qualities by role",
    PanelName.GUESTS: "Guests",
    PanelName.PEOPLE: "People and managers",
    PanelName.WORDS: "Words",
    PanelName.PROVIDERS: "Providers and prices",
    PanelName.PRESETS: "Presets",
    PanelName.DEFAULTS: "Defaults of channels",
    PanelName.SHARING: "Links",
}
_ROLE = "Leave it out for everybody. Of several rules about somebody the newest wins."
_NUMBERS = {
    RuleKind.VIDEOS_PER_DAY: "Videos a day",
    RuleKind.CREDITS_PER_DAY: "Credits a day",
    RuleKind.OPEN_MOST: "Videos under way at once",
    RuleKind.WAIT_S: "Seconds between two requests",
}
_TIERS = tuple((tier.value, f"{tier_label(tier)}: {TIERS[tier].blurb}") for tier in TierName)
_PROVIDERS = tuple(sorted({(str(name), str(name).capitalize()) for tier in TIERS.values() for name in tier.chain}))
_ASPECTS = ((USUAL, "as usual"), *((aspect.value, aspect.value) for aspect in Aspect))
_TIER_OR_USUAL = ((USUAL, "as usual"), *_TIERS)


def panel(name: PanelName, rules: Rules) -> Panel:
    """The form, filled in with what holds."""
    return Panel(name=name, title=TITLES[name], fields=_FIELDS[name](rules))


def _channels(rules: Rules) -> tuple[PanelField, ...]:
    return (
        ChannelsField(
            name="allowed", label="Videos only in these channels", chosen=rules.subjects(RuleKind.CHANNEL, ALLOWED)
        ),
        ChannelsField(name="denied", label="No videos in these", chosen=rules.subjects(RuleKind.CHANNEL, DENIED)),
        ChannelsField(
            name="adult",
            label="Age-restricted channels with videos",
            chosen=rules.subjects(RuleKind.ADULT, "yes"),
            for_adults=True,
        ),
    )


def _results(_rules: Rules) -> tuple[PanelField, ...]:
    return (
        ChannelsField(name="from", label="What is asked for in these channels", required=True),
        ChannelsField(name="to", label="comes to this one; empty: where it was asked", most=1),
    )


def _limits(rules: Rules) -> tuple[PanelField, ...]:
    return (RolesField(name="role", label="For whom", hint=_ROLE), *_numbers(rules, EVERYBODY))


def _numbers(rules: Rules, subject: str, *, leave_out: Sequence[RuleKind] = ()) -> tuple[PanelField, ...]:
    found = []
    for kind, label in _NUMBERS.items():
        if kind not in leave_out:
            rule = rules.about(kind, subject)
            now = f"now {rule.value} for everybody" if rule is not None else "no limit for everybody"
            hint = f"A number, or off. Empty: as it is ({now})" if subject == EVERYBODY else "A number, or off"
            found.append(TextField(name=kind.value, label=label, hint=hint))
    return tuple(found)


def _tiers(_rules: Rules) -> tuple[PanelField, ...]:
    return (
        RolesField(name="role", label="For whom", hint=_ROLE),
        ChoiceField(name="tiers", label="What they may choose; none: all", options=_TIERS, most=len(_TIERS)),
    )


def _guests(rules: Rules) -> tuple[PanelField, ...]:
    who = ((GUESTS, "guests of this place"), (OUTSIDERS, "people from elsewhere"))
    return (
        ChoiceField(name="who", label="For whom, once they are let in", options=who, most=2, required=True),
        ChoiceField(name="tiers", label="What they may choose; none: all", options=_TIERS, most=len(_TIERS)),
        *_numbers(rules, GUESTS, leave_out=(RuleKind.WAIT_S,)),
    )


def _people(rules: Rules) -> tuple[PanelField, ...]:
    return (
        PeopleField(name="blocked", label="People who make no videos", chosen=rules.subjects(RuleKind.PERSON, BLOCKED)),
        RolesField(
            name="managers",
            label="Managers of videos, beside admins",
            hint="They change these rules. Only admins choose them.",
            chosen=rules.subjects(RuleKind.MANAGERS, "yes"),
        ),
    )


def _words(rules: Rules) -> tuple[PanelField, ...]:
    hint = f"One a line, up to {WORDS_MAX}. Whole words, whatever their case and accents."
    return (
        TextField(
            name=BLOCKED,
            label="Words that nobody may use",
            value="\n".join(rules.words(BLOCKED)),
            hint=hint,
            lines=True,
        ),
        TextField(
            name=AGE,
            label="Words for age-restricted channels only",
            value="\n".join(rules.words(AGE)),
            hint=hint,
            lines=True,
        ),
    )


def _providers(rules: Rules) -> tuple[PanelField, ...]:
    prices = ", ".join(f"{rule.subject} {rule.value}" for rule in rules.of(RuleKind.MAX_PRICE))
    hint = "A number, or off. Dearer providers are left out" + (f". Now: {prices}" if prices else "")
    return (
        ChoiceField(
            name="excluded",
            label="Providers that are never asked",
            options=_PROVIDERS,
            chosen=rules.subjects(RuleKind.PROVIDER, "excluded"),
            most=len(_PROVIDERS),
        ),
        ChoiceField(name="tier", label="Highest price: of which quality", options=_TIERS, most=len(_TIERS)),
        TextField(name=RuleKind.MAX_PRICE.value, label="Highest price: credits for one video", hint=hint),
    )


def _presets(rules: Rules) -> tuple[PanelField, ...]:
    known = ", ".join(rule.subject for rule in rules.of(RuleKind.PRESET))
    return (
        TextField(
            name="name",
            label="Name",
            hint=f"Used as preset:name. Known: {known}" if known else "Used as preset:name",
            required=True,
        ),
        TextField(
            name="words",
            label="Words around the description",
            hint="{prompt} in film noir, rain, hard light. All empty: the preset goes",
            lines=True,
        ),
        ChoiceField(name="tier", label="Quality", options=_TIER_OR_USUAL),
        ChoiceField(name="aspect", label="Shape", options=_ASPECTS),
        TextField(name="seconds", label="Seconds", hint="2 to 15"),
    )


def _defaults(_rules: Rules) -> tuple[PanelField, ...]:
    return (
        ChannelsField(name="channels", label="In these channels", required=True),
        TextField(name="preset", label="Preset", hint="Its name. All empty: nothing special holds there"),
        ChoiceField(name="tier", label="Quality", options=_TIER_OR_USUAL),
        ChoiceField(name="aspect", label="Shape", options=_ASPECTS),
        TextField(name="seconds", label="Seconds", hint="2 to 15"),
    )


def _sharing(rules: Rules) -> tuple[PanelField, ...]:
    now = rules.about(RuleKind.LINKS)
    return (
        ChoiceField(
            name="links",
            label="Public addresses of videos",
            options=((USUAL, "as usual"), ("off", "none"), ("24h", "for 24 hours"), ("30d", "for 30 days")),
            chosen=(str(now.value) if now is not None else USUAL,),
        ),
        ChannelsField(
            name="no_links", label="None at all in these channels", chosen=rules.subjects(RuleKind.NO_LINKS, "yes")
        ),
    )


_FIELDS: Mapping[PanelName, Callable[[Rules], tuple[PanelField, ...]]] = {
    PanelName.CHANNELS: _channels,
    PanelName.RESULTS: _results,
    PanelName.LIMITS: _limits,
    PanelName.TIERS: _tiers,
    PanelName.GUESTS: _guests,
    PanelName.PEOPLE: _people,
    PanelName.WORDS: _words,
    PanelName.PROVIDERS: _providers,
    PanelName.PRESETS: _presets,
    PanelName.DEFAULTS: _defaults,
    PanelName.SHARING: _sharing,
}
