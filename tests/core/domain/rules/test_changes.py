"""What a rule may be, and what it may not: subjects, values and numbers at, below and above their bounds."""

import pytest

from core.domain.rules.changes import CHOICES, RuleChange, WrongRule, checked
from core.domain.rules.decision import AGE, ALLOWED, BLOCKED, DENIED, EXCLUDED
from core.domain.rules.kinds import RuleKind, Value

TIERS = ("default", "ultra", "pro", "standard", "draft")


def wrong(kind: RuleKind, subject: str, value: Value | None = None) -> tuple[str, str, tuple[str, ...]]:
    with pytest.raises(WrongRule) as refusal:
        checked(RuleChange(kind=kind, subject=subject, value=value))
    return refusal.value.kind, refusal.value.value, refusal.value.known


def kept(kind: RuleKind, subject: str, value: Value) -> Value | None:
    change = checked(RuleChange(kind=kind, subject=subject, value=value))
    assert (change.kind, change.subject) == (kind, subject)
    return change.value


def test_what_is_written_down_has_these_words() -> None:
    assert (ALLOWED, DENIED, BLOCKED, EXCLUDED, AGE) == ("allowed", "denied", "blocked", "excluded", "age")
    assert dict(CHOICES) == {
        RuleKind.CHANNEL: ("allowed", "denied"),
        RuleKind.ADULT: ("yes",),
        RuleKind.PERSON: ("blocked",),
        RuleKind.LINKS: ("off", "24h", "30d"),
        RuleKind.PRIVATE_LINKS: ("yes",),
        RuleKind.NO_LINKS: ("yes",),
        RuleKind.GALLERY: ("off",),
        RuleKind.PROVIDER: ("excluded",),
        RuleKind.MANAGERS: ("yes",),
    }


@pytest.mark.parametrize(
    ("kind", "subject", "least", "most"),
    [
        (RuleKind.VIDEOS_PER_DAY, "*", 0, 100_000),
        (RuleKind.CREDITS_PER_DAY, "*", 0, 100_000_000),
        (RuleKind.OPEN_MOST, "*", 1, 1000),
        (RuleKind.WAIT_S, "*", 0, 86_400),
        (RuleKind.MAX_PRICE, "pro", 1, 1_000_000),
    ],
)
def test_a_number_is_within_its_bounds(kind: RuleKind, subject: str, least: int, most: int) -> None:
    assert (kept(kind, subject, least), kept(kind, subject, most)) == (least, most)
    for value in (least - 1, most + 1):
        assert wrong(kind, subject, value) == (kind.value, str(value), (str(least), str(most)))
    assert wrong(kind, subject, "7") == (kind.value, "7", (str(least), str(most)))


@pytest.mark.parametrize("kind", CHOICES)
def test_a_choice_is_one_of_those_there_are(kind: RuleKind) -> None:
    of_all = (RuleKind.LINKS, RuleKind.PRIVATE_LINKS, RuleKind.GALLERY)
    subject = "veo" if kind is RuleKind.PROVIDER else "" if kind in of_all else "s1"
    for value in CHOICES[kind]:
        assert kept(kind, subject, value) == value
    assert wrong(kind, subject, "maybe") == (kind.value, "maybe", CHOICES[kind])


def test_a_subject_is_what_the_kind_is_about() -> None:
    kind, value, known = wrong(RuleKind.PROVIDER, "nobody")
    assert (kind, value) == ("provider", "nobody")
    assert {"hailuo", "kling", "seedance", "veo", "wan"} <= set(known)
    assert wrong(RuleKind.MAX_PRICE, "cheap", 5) == ("max_price", "cheap", TIERS)
    assert wrong(RuleKind.WORDS, "nice", ("gun",)) == ("words", "nice", ("blocked", "age"))
    assert wrong(RuleKind.LINKS, "C1", "24h") == ("links", "C1", ("",))
    assert wrong(RuleKind.PRIVATE_LINKS, "C1", "yes") == ("private_links", "C1", ("",))
    assert wrong(RuleKind.GALLERY, "C1", "off") == ("gallery", "C1", ("",))
    assert wrong(RuleKind.CHANNEL, "", "allowed") == ("channel", "", ())
    assert wrong(RuleKind.CHANNEL, " \u200b ", "allowed") == ("channel", "", ())
    assert kept(RuleKind.LINKS, "", "30d") == "30d"


def test_a_change_that_takes_a_rule_back_has_a_subject_and_no_value() -> None:
    back = RuleChange(kind=RuleKind.CHANNEL, subject=" C1 ")
    assert (back.value, RuleChange(kind=RuleKind.LINKS).subject) == (None, "")
    assert checked(back) == RuleChange(kind=RuleKind.CHANNEL, subject="C1", value=None)


def test_a_subject_is_cut_at_its_length_and_said_by_less() -> None:
    long = checked(RuleChange(kind=RuleKind.CHANNEL, subject="c" * 101, value="allowed"))
    assert long.subject == "c" * 99 + "…"
    assert checked(RuleChange(kind=RuleKind.CHANNEL, subject="c" * 100)).subject == "c" * 100
    assert wrong(RuleKind.PROVIDER, "v" * 90)[1] == "v" * 80
    assert wrong(RuleKind.CHANNEL, "C1", "v" * 90)[1] == "v" * 79 + "…"


def test_a_preset_is_found_whatever_the_case_of_its_name() -> None:
    assert checked(RuleChange(kind=RuleKind.PRESET, subject="Film NOIR")).subject == "film noir"
    assert checked(RuleChange(kind=RuleKind.DEFAULT, subject="C1")).subject == "C1"


def test_tiers_are_in_their_own_order_and_none_is_unknown() -> None:
    assert kept(RuleKind.TIERS, "*", ("draft", "pro")) == ("pro", "draft")
    for value in (("pro", "cheap"), (), "pro", {"pro": "yes"}):
        assert wrong(RuleKind.TIERS, "*", value)[::2] == ("tiers", TIERS)


def test_words_are_cleaned_and_no_more_than_a_list_may_have() -> None:
    assert kept(RuleKind.WORDS, "age", (" gun ", "…", "x" * 61)) == ("gun", "x" * 59 + "…")
    assert len(kept(RuleKind.WORDS, "blocked", ("gun",) * 500) or ()) == 500  # type: ignore[arg-type]  # it is a list
    for value in (("gun",) * 501, "gun"):
        assert wrong(RuleKind.WORDS, "blocked", value)[::2] == ("words", ("1", "500"))


def test_results_go_to_one_channel() -> None:
    assert kept(RuleKind.RESULTS, "C1", "c" * 100) == "c" * 100
    for value in ("c" * 101, "", 7):
        assert wrong(RuleKind.RESULTS, "C1", value)[::2] == ("results", ())


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (RuleKind.PRESET, ("words", "tier", "aspect", "seconds")),
        (RuleKind.DEFAULT, ("preset", "tier", "aspect", "seconds")),
    ],
)
def test_a_look_has_these_fields_and_what_is_empty_is_left_out(kind: RuleKind, fields: tuple[str, ...]) -> None:
    filled = {name: f" a {name} " for name in fields}
    assert kept(kind, "s1", {**filled, fields[0]: ""}) == {name: f"a {name}" for name in fields[1:]}
    assert kept(kind, "s1", {fields[0]: "x" * 1001}) == {fields[0]: "x" * 999 + "…"}
    assert kept(kind, "s1", {fields[0]: "x" * 1000}) == {fields[0]: "x" * 1000}
    assert wrong(kind, "s1", {"colour": "red"})[::2] == (kind.value, fields)
    assert wrong(kind, "s1", "red") == (kind.value, "red", fields)
