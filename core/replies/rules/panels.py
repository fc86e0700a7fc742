"""The panels in which managers set rules, as fields that no platform is named in."""

from collections.abc import Callable, Mapping, Sequence

from core.domain.requests.request import DURATION_MAX_S, DURATION_MIN_S, Aspect
from core.domain.requests.tiers import TIERS, TierName
from core.domain.rules.decision import AGE, ALLOWED, BLOCKED, DENIED
from core.domain.rules.kinds import EVERYBODY, GUESTS, LEVELS, OUTSIDERS, SUPPORTERS, RuleKind, Rules
from core.domain.rules.panels import GONE, NO, USUAL, YES, PanelName
from core.domain.rules.shown import shown
from core.replies.chat.tier_names import blurb
from core.replies.chat.tier_names import label as tier_label
from core.replies.languages.say import later, say
from core.replies.languages.vocabulary import place, sharing
from core.replies.rules.fields import ChannelsField, ChoiceField, Panel, PanelField, PeopleField, RolesField, TextField
from core.replies.rules.long_lists import lifted, word_list

TITLES: Mapping[PanelName, str] = {
    PanelName.CHANNELS: later("Channels"),
    PanelName.RESULTS: later("Where videos come"),
    PanelName.LIMITS: later("Limits per person"),
    PanelName.TIERS: later("Qualities by role"),
    PanelName.GUESTS: later("Guests"),
    PanelName.SUPPORTERS: later("Supporters"),
    PanelName.PEOPLE: later("People and managers"),
    PanelName.WORDS: later("Words"),
    PanelName.PROVIDERS: later("Providers and prices"),
    PanelName.PRESETS: later("Presets"),
    PanelName.DEFAULTS: later("Defaults of channels"),
}
"""All but the one about sharing, which every platform calls by what it has."""
_ROLE = later("Leave it out for everybody. Of several rules about somebody the newest wins.")
_NUMBERS = {
    RuleKind.VIDEOS_PER_DAY: later("Videos a day"),
    RuleKind.CREDITS_PER_DAY: later("Credits a day"),
    RuleKind.OPEN_MOST: later("Videos under way at once"),
    RuleKind.WAIT_S: later("Seconds between two requests"),
}
_PROVIDERS = tuple(sorted({(str(name), str(name).capitalize()) for tier in TIERS.values() for name in tier.chain}))


def _qualities() -> tuple[tuple[str, str], ...]:
    return tuple((tier.value, say("{tier}: {tier_2}", tier=tier_label(tier), tier_2=blurb(tier))) for tier in TierName)


def _shapes() -> tuple[tuple[str, str], ...]:
    return ((USUAL, say("as usual")), *((aspect.value, aspect.value) for aspect in Aspect))


def _some_or_all() -> tuple[tuple[str, str], ...]:
    return ((USUAL, say("all of them")), *_qualities())


def _quality_or_usual() -> tuple[tuple[str, str], ...]:
    return ((USUAL, say("as usual")), *_qualities())


def title_of(name: PanelName) -> str:
    """What a panel is called where this is read."""
    return sharing() if name is PanelName.SHARING else say(TITLES[name])


def panel(name: PanelName, rules: Rules, *, about: str = "") -> Panel:
    """The form, filled in with the present rules.

    Args:
        about: the object whose rules fill the form in, where a panel is about one object at a time.
    """
    fields = _presets(rules, about) if name is PanelName.PRESETS else _FIELDS[name](rules)
    return Panel(name=name, title=title_of(name), fields=fields, revision=rules.revision)


def _channels(rules: Rules) -> tuple[PanelField, ...]:
    channel, adult = RuleKind.CHANNEL, RuleKind.ADULT
    return (
        ChannelsField(
            name="allowed", label=say("Videos only in these channels"), chosen=shown(rules, channel, ALLOWED)
        ),
        ChannelsField(name="denied", label=say("No videos in these"), chosen=shown(rules, channel, DENIED)),
        ChannelsField(
            name="adult",
            label=say("Age-restricted channels with videos"),
            chosen=shown(rules, adult, "yes"),
            for_adults=True,
        ),
        *lifted(rules, channel, ALLOWED, DENIED),
        *lifted(rules, adult, "yes"),
    )


def _results(_rules: Rules) -> tuple[PanelField, ...]:
    return (
        ChannelsField(name="from", label=say("What is asked for in these channels"), required=True),
        ChannelsField(name="to", label=say("comes to this one; empty: where it was asked"), most=1),
    )


def _limits(rules: Rules) -> tuple[PanelField, ...]:
    return (RolesField(name="role", label=say("For whom"), hint=say(_ROLE)), *_numbers(rules, EVERYBODY))


def _numbers(rules: Rules, subject: str, *, leave_out: Sequence[RuleKind] = ()) -> tuple[PanelField, ...]:
    found = []
    for kind, label in _NUMBERS.items():
        if kind not in leave_out:
            rule = rules.about(kind, subject)
            hint = say("A number, or off")
            if subject == EVERYBODY and rule is not None:
                hint = say("A number, or off. Empty: as it is (now {value} for everybody)", value=rule.value)
            elif subject == EVERYBODY:
                hint = say("A number, or off. Empty: as it is (no limit for everybody)")
            found.append(TextField(name=kind.value, label=say(label), hint=hint))
    return tuple(found)


def _tiers(_rules: Rules) -> tuple[PanelField, ...]:
    return (
        RolesField(name="role", label=say("For whom"), hint=say(_ROLE)),
        ChoiceField(
            name="tiers", label=say("What they may choose; none: as it is"), options=_some_or_all(), most=len(TierName)
        ),
    )


def _guests(rules: Rules) -> tuple[PanelField, ...]:
    who = ((GUESTS, say("guests of this {place}", place=place())), (OUTSIDERS, say("people from elsewhere")))
    return (
        ChoiceField(name="who", label=say("For whom, once they are let in"), options=who, most=2, required=True),
        ChoiceField(
            name="tiers", label=say("What they may choose; none: as it is"), options=_some_or_all(), most=len(TierName)
        ),
        *_numbers(rules, GUESTS, leave_out=(RuleKind.WAIT_S,)),
    )


def _supporters(rules: Rules) -> tuple[PanelField, ...]:
    who = (
        (SUPPORTERS, say("who supports this place")),
        *((level, say("everybody from level {n} on", n=n)) for n, level in enumerate(LEVELS, 1)),
    )
    return (
        ChoiceField(name="who", label=say("For whom"), options=who, most=len(who), required=True),
        ChoiceField(
            name="tiers", label=say("What they may choose; none: as it is"), options=_some_or_all(), most=len(TierName)
        ),
        *_numbers(rules, SUPPORTERS, leave_out=(RuleKind.WAIT_S,)),
    )


def _people(rules: Rules) -> tuple[PanelField, ...]:
    return (
        PeopleField(
            name="blocked", label=say("People who make no videos"), chosen=shown(rules, RuleKind.PERSON, BLOCKED)
        ),
        *lifted(rules, RuleKind.PERSON, BLOCKED),
        RolesField(
            name="managers",
            label=say("Managers of videos, beside admins"),
            hint=say("They change these rules. Only admins choose them."),
            chosen=shown(rules, RuleKind.MANAGERS, "yes"),
        ),
        *lifted(rules, RuleKind.MANAGERS, "yes"),
    )


def _words(rules: Rules) -> tuple[PanelField, ...]:
    return (
        word_list(rules, BLOCKED, label=say("Words that nobody may use")),
        word_list(rules, AGE, label=say("Words for age-restricted channels only")),
    )


def _providers(rules: Rules) -> tuple[PanelField, ...]:
    prices = ", ".join(
        say("{subject} {value}", subject=rule.subject, value=rule.value) for rule in rules.of(RuleKind.MAX_PRICE)
    )
    hint = say("A number, or off. Dearer providers are left out")
    if prices:
        hint = say("A number, or off. Dearer providers are left out. Now: {prices}", prices=prices)
    return (
        ChoiceField(
            name="excluded",
            label=say("Providers that are never asked"),
            options=_PROVIDERS,
            chosen=rules.subjects(RuleKind.PROVIDER, "excluded"),
            most=len(_PROVIDERS),
        ),
        ChoiceField(
            name="tier", label=say("Highest price: of which quality"), options=_qualities(), most=len(TierName)
        ),
        TextField(name=RuleKind.MAX_PRICE.value, label=say("Highest price: credits for one video"), hint=hint),
    )


def _presets(rules: Rules, about: str = "") -> tuple[PanelField, ...]:
    known = ", ".join(rule.subject for rule in rules.of(RuleKind.PRESET))
    found = rules.about(RuleKind.PRESET, about) if about else None
    now: Mapping[str, str] = found.value if found is not None and isinstance(found.value, Mapping) else {}
    gone = ChoiceField(
        name=GONE, label=say("Keep it?"), options=((NO, say("keep it")), (YES, say("delete it"))), chosen=(NO,)
    )
    return (
        TextField(
            name="name",
            label=say("Name"),
            value=about if now else "",
            hint=say("Used as preset:name. Known: {known}", known=known) if known else say("Used as preset:name"),
            required=True,
        ),
        TextField(
            name="words",
            label=say("Words around the description"),
            value=now.get("words", ""),
            hint=say("{prompt} in film noir, rain, hard light. All empty: the preset goes"),
            lines=True,
        ),
        ChoiceField(name="tier", label=say("Quality"), options=_quality_or_usual(), chosen=(now.get("tier", USUAL),)),
        ChoiceField(name="aspect", label=say("Shape"), options=_shapes(), chosen=(now.get("aspect", USUAL),)),
        TextField(
            name="seconds",
            label=say("Seconds"),
            value=now.get("seconds", ""),
            hint=say("{least} to {most}", least=DURATION_MIN_S, most=DURATION_MAX_S),
        ),
        *((gone,) if now else ()),
    )


def _defaults(_rules: Rules) -> tuple[PanelField, ...]:
    return (
        ChannelsField(name="channels", label=say("In these channels"), required=True),
        TextField(name="preset", label=say("Preset"), hint=say("Its name. All empty: nothing special holds there")),
        ChoiceField(name="tier", label=say("Quality"), options=_quality_or_usual()),
        ChoiceField(name="aspect", label=say("Shape"), options=_shapes()),
        TextField(
            name="seconds",
            label=say("Seconds"),
            hint=say("{least} to {most}", least=DURATION_MIN_S, most=DURATION_MAX_S),
        ),
    )


def _sharing(rules: Rules) -> tuple[PanelField, ...]:
    def chosen(kind: RuleKind) -> tuple[str, ...]:
        now = rules.about(kind)
        return (str(now.value) if now is not None else USUAL,)

    return (
        ChoiceField(
            name="links",
            label=say("Public addresses of videos"),
            options=(
                (USUAL, say("as usual")),
                ("off", say("none")),
                ("24h", say("for 24 hours")),
                ("30d", say("for 30 days")),
            ),
            chosen=chosen(RuleKind.LINKS),
        ),
        ChoiceField(
            name="private_links",
            label=say("From private channels"),
            options=((USUAL, say("none")), ("yes", say("the same as from others"))),
            chosen=chosen(RuleKind.PRIVATE_LINKS),
        ),
        ChannelsField(
            name="no_links", label=say("None at all in these channels"), chosen=shown(rules, RuleKind.NO_LINKS, "yes")
        ),
        *lifted(rules, RuleKind.NO_LINKS, "yes"),
        ChoiceField(
            name="gallery",
            label=say("Gallery"),
            options=((USUAL, say("on, where there is one")), ("off", say("off: nothing more comes into it"))),
            chosen=chosen(RuleKind.GALLERY),
            for_communities=True,
        ),
    )


_FIELDS: Mapping[PanelName, Callable[[Rules], tuple[PanelField, ...]]] = {
    PanelName.CHANNELS: _channels,
    PanelName.RESULTS: _results,
    PanelName.LIMITS: _limits,
    PanelName.TIERS: _tiers,
    PanelName.GUESTS: _guests,
    PanelName.SUPPORTERS: _supporters,
    PanelName.PEOPLE: _people,
    PanelName.WORDS: _words,
    PanelName.PROVIDERS: _providers,
    PanelName.PRESETS: _presets,
    PanelName.DEFAULTS: _defaults,
    PanelName.SHARING: _sharing,
}
