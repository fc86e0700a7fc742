"""What a manager fills in, and which rules come of it; what nobody filled in stays as it is."""

from collections.abc import Mapping

import pytest

from core.domain.rules.changes import RuleChange, WrongRule
from core.domain.rules.kinds import RuleKind, Rules, Value
from core.domain.rules.panels import KINDS, PanelName, changes
from tests.core.domain.rules.cases import rules

CHANNEL, ADULT, RESULTS = RuleKind.CHANNEL, RuleKind.ADULT, RuleKind.RESULTS
VIDEOS, CREDITS, OPEN, WAIT = (
    RuleKind.VIDEOS_PER_DAY,
    RuleKind.CREDITS_PER_DAY,
    RuleKind.OPEN_MOST,
    RuleKind.WAIT_S,
)
NUMBERS = (VIDEOS, CREDITS, OPEN, WAIT)
Change = tuple[RuleKind, str, Value | None]


def made(panel: PanelName, filled: Mapping[str, tuple[str, ...]], found: Rules | None = None) -> list[Change]:
    return [_told(change) for change in changes(panel, filled, found or rules())]


def _told(change: RuleChange) -> Change:
    return change.kind, change.subject, change.value


def test_each_panel_is_about_these_rules() -> None:
    assert {panel.value: kinds for panel, kinds in KINDS.items()} == {
        "channels": (CHANNEL, ADULT),
        "results": (RESULTS,),
        "limits": NUMBERS,
        "tiers": (RuleKind.TIERS,),
        "guests": (*NUMBERS, RuleKind.TIERS),
        "supporters": (*NUMBERS, RuleKind.TIERS),
        "people": (RuleKind.PERSON, RuleKind.MANAGERS),
        "words": (RuleKind.WORDS,),
        "providers": (RuleKind.PROVIDER, RuleKind.MAX_PRICE),
        "presets": (RuleKind.PRESET,),
        "defaults": (RuleKind.DEFAULT,),
        "sharing": (RuleKind.LINKS, RuleKind.PRIVATE_LINKS, RuleKind.GALLERY, RuleKind.NO_LINKS),
    }
    assert set(KINDS) == set(PanelName)


@pytest.mark.parametrize("panel", [p for p in PanelName if p not in {PanelName.PRESETS, PanelName.DEFAULTS}])
def test_an_empty_panel_changes_nothing(panel: PanelName) -> None:
    everything = rules((CHANNEL, "C1", "allowed"), (ADULT, "C1", "yes"), (RuleKind.PERSON, "ana", "blocked"))
    assert made(panel, {}, everything) == []


def test_channels_are_as_they_were_chosen_and_those_that_were_not_have_no_rule_any_more() -> None:
    found = rules((CHANNEL, "C4", "allowed"), (ADULT, "C5", "yes"))
    filled = {"allowed": ("C2", "C1"), "denied": ("C3", "C1"), "adult": ("C6",)}
    assert made(PanelName.CHANNELS, filled, found) == [
        (CHANNEL, "C1", "denied"),
        (CHANNEL, "C2", "allowed"),
        (CHANNEL, "C3", "denied"),
        (CHANNEL, "C4", None),
        (ADULT, "C5", None),
        (ADULT, "C6", "yes"),
    ]
    assert made(PanelName.CHANNELS, {"denied": ("C3",)}, found) == [(CHANNEL, "C3", "denied")]
    assert made(PanelName.CHANNELS, {"allowed": ("C3",)}, found) == [(CHANNEL, "C3", "allowed"), (CHANNEL, "C4", None)]
    assert made(PanelName.CHANNELS, {"adult": ()}, found) == [(ADULT, "C5", None)]


def test_results_go_to_the_channel_that_was_chosen_or_back_to_their_own() -> None:
    filled = {"from": ("C1", "C2"), "to": ("C2",)}
    assert made(PanelName.RESULTS, filled) == [(RESULTS, "C1", "C2"), (RESULTS, "C2", None)]
    assert made(PanelName.RESULTS, {"from": ("C1",)}) == [(RESULTS, "C1", None)]
    assert made(PanelName.RESULTS, {"from": ("C1",), "to": ("C3", "C4")}) == [(RESULTS, "C1", "C3")]


def test_limits_are_for_the_roles_that_were_chosen_or_for_everybody() -> None:
    filled = {"videos_per_day": ("5",), "wait_s": ("30s",), "credits_per_day": ("",)}
    assert made(PanelName.LIMITS, filled) == [(VIDEOS, "*", 5), (WAIT, "*", 30)]
    assert made(PanelName.LIMITS, {**filled, "role": ("r1", "r2")}) == [
        (VIDEOS, "r1", 5),
        (WAIT, "r1", 30),
        (VIDEOS, "r2", 5),
        (WAIT, "r2", 30),
    ]


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("0", 0),
        ("1,000", 1000),
        ("12 000", 12_000),
        (" 60s ", 60),
        ("999999999", 999_999_999),
        *((word, None) for word in ("off", "OFF", "-", "none", "No limit")),
    ],
)
def test_a_number_is_read_as_people_write_it(typed: str, value: int | None) -> None:
    assert made(PanelName.LIMITS, {"open_most": (typed,)}) == [(OPEN, "*", value)]


@pytest.mark.parametrize("typed", ["many", "1000000000", "-3", "1.5", "²", "٣", "s"])
def test_what_is_no_number_is_refused_with_what_it_may_be(typed: str) -> None:
    with pytest.raises(WrongRule) as refusal:
        made(PanelName.LIMITS, {"open_most": (typed,)})
    told = refusal.value
    assert (told.kind, told.value, told.known) == ("open_most", typed, ("0", "1000000"))


def test_tiers_are_for_roles_or_everybody_and_stay_as_they_are_where_none_is_chosen() -> None:
    tiers = RuleKind.TIERS
    assert made(PanelName.TIERS, {"tiers": ("draft", "pro")}) == [(tiers, "*", ("draft", "pro"))]
    assert made(PanelName.TIERS, {"tiers": (), "role": ("r1",)}) == []
    assert made(PanelName.TIERS, {"tiers": ("usual",), "role": ("r1",)}) == [(tiers, "r1", None)]
    assert made(PanelName.TIERS, {"tiers": ("usual", "draft")}) == [(tiers, "*", None)]
    assert made(PanelName.TIERS, {"role": ("r1",)}) == []


def test_guests_have_tiers_and_limits_of_their_own() -> None:
    filled = {"who": ("guests", "outsiders"), "tiers": ("draft",), "open_most": ("1",)}
    assert made(PanelName.GUESTS, filled) == [
        (RuleKind.TIERS, "guests", ("draft",)),
        (RuleKind.TIERS, "outsiders", ("draft",)),
        (OPEN, "guests", 1),
        (OPEN, "outsiders", 1),
    ]
    assert made(PanelName.GUESTS, {"tiers": ("draft",), "open_most": ("1",)}) == []
    assert made(PanelName.GUESTS, {**filled, "tiers": ()}) == [(OPEN, "guests", 1), (OPEN, "outsiders", 1)]


def test_people_are_blocked_and_let_go_and_only_those_managers_are_told_of_who_change() -> None:
    found = rules(
        (RuleKind.PERSON, "ben", "blocked"), (RuleKind.MANAGERS, "r1", "yes"), (RuleKind.MANAGERS, "r2", "yes")
    )
    filled = {"blocked": ("ana",), "managers": ("r2", "r3")}
    assert made(PanelName.PEOPLE, filled, found) == [
        (RuleKind.PERSON, "ana", "blocked"),
        (RuleKind.PERSON, "ben", None),
        (RuleKind.MANAGERS, "r1", None),
        (RuleKind.MANAGERS, "r3", "yes"),
    ]
    assert made(PanelName.PEOPLE, {"managers": ("r1", "r2")}, found) == []


def test_lists_of_words_are_read_and_an_empty_one_goes() -> None:
    words = RuleKind.WORDS
    assert made(PanelName.WORDS, {"blocked": ("gun, knife\nGUN",), "age": (" ",)}) == [
        (words, "blocked", ("gun", "knife")),
        (words, "age", None),
    ]
    assert made(PanelName.WORDS, {"age": ("wine", "beer")}) == [(words, "age", ("wine", "beer"))]


def test_providers_are_excluded_and_prices_hold_for_the_tiers_that_were_chosen() -> None:
    provider, price = RuleKind.PROVIDER, RuleKind.MAX_PRICE
    filled = {"excluded": ("veo",), "tier": ("draft", "pro"), "max_price": ("40",)}
    found = rules((provider, "wan", "excluded"))
    assert made(PanelName.PROVIDERS, filled, found) == [
        (provider, "veo", "excluded"),
        (provider, "wan", None),
        (price, "draft", 40),
        (price, "pro", 40),
    ]
    assert made(PanelName.PROVIDERS, {"tier": ("draft",)}, found) == []
    assert made(PanelName.PROVIDERS, {"tier": ("draft",), "max_price": ("off",)}) == [(price, "draft", None)]
    with pytest.raises(WrongRule) as refusal:
        made(PanelName.PROVIDERS, {"tier": ("draft",), "max_price": ("dear",)})
    assert refusal.value.kind == "max_price"


def test_links_live_as_long_as_was_chosen_and_channels_may_have_none() -> None:
    filled = {"links": ("24h",), "no_links": ("C1",)}
    found = rules((RuleKind.NO_LINKS, "C2", "yes"))
    assert made(PanelName.SHARING, filled, found) == [
        (RuleKind.LINKS, "", "24h"),
        (RuleKind.NO_LINKS, "C1", "yes"),
        (RuleKind.NO_LINKS, "C2", None),
    ]
    assert made(PanelName.SHARING, {"links": ("usual",)}) == [(RuleKind.LINKS, "", None)]
    assert made(PanelName.SHARING, {"private_links": ("yes",), "gallery": ("off",)}) == [
        (RuleKind.PRIVATE_LINKS, "", "yes"),
        (RuleKind.GALLERY, "", "off"),
    ]
    assert made(PanelName.SHARING, {"gallery": ("usual",)}) == [(RuleKind.GALLERY, "", None)]


def test_a_preset_has_the_look_that_was_filled_in_and_an_empty_one_goes() -> None:
    filled = {"name": ("noir",), "words": (" in film noir ",), "tier": ("usual",), "seconds": ("5",), "preset": ("x",)}
    assert made(PanelName.PRESETS, filled) == [(RuleKind.PRESET, "noir", {"words": "in film noir", "seconds": "5"})]
    assert made(PanelName.PRESETS, {"name": ("noir",)}) == [(RuleKind.PRESET, "noir", None)]
    assert made(PanelName.PRESETS, {**filled, "gone": ("yes",)}) == [(RuleKind.PRESET, "noir", None)]
    assert made(PanelName.PRESETS, {**filled, "gone": ("no",)}) == made(PanelName.PRESETS, filled)


def test_what_holds_in_channels_is_the_same_in_each_of_them() -> None:
    filled = {"channels": ("C1", "C2"), "preset": ("noir",), "aspect": ("9:16",), "words": ("x",), "name": ("y",)}
    look = {"preset": "noir", "aspect": "9:16"}
    assert made(PanelName.DEFAULTS, filled) == [(RuleKind.DEFAULT, "C1", look), (RuleKind.DEFAULT, "C2", look)]
    assert made(PanelName.DEFAULTS, {"channels": ("C1",), "tier": ("usual",)}) == [(RuleKind.DEFAULT, "C1", None)]


@pytest.mark.parametrize(
    ("panel", "filled", "told"),
    [
        (PanelName.PRESETS, {"name": ("noir",), "seconds": ("five",)}, ("seconds", "five", ("2", "15"))),
        (PanelName.DEFAULTS, {"channels": ("C1",), "seconds": ("-5",)}, ("seconds", "-5", ("2", "15"))),
        (PanelName.PRESETS, {"words": ("in film noir",)}, ("name", "", ())),
        (PanelName.PRESETS, {"name": ("",)}, ("name", "", ())),
        (PanelName.DEFAULTS, {"preset": ("noir",)}, ("channels", "", ())),
    ],
)
def test_a_look_that_cannot_be_is_refused(
    panel: PanelName, filled: dict[str, tuple[str, ...]], told: tuple[str, str, tuple[str, ...]]
) -> None:
    with pytest.raises(WrongRule) as refusal:
        made(panel, filled)
    assert (refusal.value.kind, refusal.value.value, refusal.value.known) == told
