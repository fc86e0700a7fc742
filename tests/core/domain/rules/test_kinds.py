"""Rules as they lie in the database: their words, which one is about somebody, and which of several is the newest."""

from core.domain.chat.principal import Outsiders
from core.domain.ids import UserId
from core.domain.rules.kinds import (
    EVERYBODY,
    GUESTS,
    LEVELS,
    LIMITS,
    OUTSIDERS,
    SUPPORTERS,
    RuleKind,
    Rules,
    WorkspaceRule,
)
from tests.core.domain.rules.cases import SOME_DAY, rules


def test_what_is_written_down_has_these_words() -> None:
    assert (EVERYBODY, GUESTS, OUTSIDERS) == ("*", "guests", "outsiders")
    assert (SUPPORTERS, *LEVELS) == ("supporters", "level_1", "level_2", "level_3")
    assert {kind.name: kind.value for kind in RuleKind} == {
        "CHANNEL": "channel",
        "ADULT": "adult",
        "RESULTS": "results",
        "TIERS": "tiers",
        "CREDITS_PER_DAY": "credits_per_day",
        "VIDEOS_PER_DAY": "videos_per_day",
        "WAIT_S": "wait_s",
        "OPEN_MOST": "open_most",
        "PERSON": "person",
        "WORDS": "words",
        "LINKS": "links",
        "PRIVATE_LINKS": "private_links",
        "NO_LINKS": "no_links",
        "GALLERY": "gallery",
        "MAX_PRICE": "max_price",
        "PROVIDER": "provider",
        "MANAGERS": "managers",
        "PRESET": "preset",
        "DEFAULT": "default",
    }
    assert LIMITS == (RuleKind.VIDEOS_PER_DAY, RuleKind.CREDITS_PER_DAY, RuleKind.OPEN_MOST, RuleKind.WAIT_S)


def test_a_workspace_without_rules_lets_in_nobody_else() -> None:
    assert (Rules().revision, Rules().all, Rules().lets_in) == (0, (), Outsiders.NOBODY)
    assert Rules() == Rules(revision=0)


def rule(number: int, kind: RuleKind, subject: str, value: str) -> WorkspaceRule:
    return WorkspaceRule(id=number, kind=kind, subject=subject, value=value, author=UserId("boss"), at=SOME_DAY)


def test_the_newest_is_the_one_with_the_highest_number_wherever_it_stands() -> None:
    newest, older, oldest = (rule(number, RuleKind.TIERS, f"r{number}", "draft") for number in (9, 5, 2))
    found = Rules(all=(newest, oldest, older))
    assert found.of(RuleKind.TIERS) == (oldest, older, newest)
    assert found.newest(RuleKind.TIERS, ("r2", "r5", "r9")) == newest
    assert found.newest(RuleKind.TIERS, ("r2", "r5")) == older
    assert found.newest(RuleKind.TIERS, ("r3",)) is None
    assert found.newest(RuleKind.PERSON, ("r9",)) is None


def test_what_is_about_a_subject_is_about_no_other_and_of_no_other_kind() -> None:
    found = rules(
        (RuleKind.CHANNEL, "C1", "allowed"),
        (RuleKind.LINKS, "", "24h"),
        (RuleKind.CHANNEL, "C2", "denied"),
        (RuleKind.CHANNEL, "C3", "allowed"),
        (RuleKind.WORDS, "age", ("gun", "big cigar")),
    )
    assert found.about(RuleKind.CHANNEL, "C2") == found.all[2]
    assert found.about(RuleKind.LINKS) == found.all[1]
    assert found.about(RuleKind.CHANNEL) is None
    assert found.subjects(RuleKind.CHANNEL, "allowed") == ("C1", "C3")
    assert (found.words("age"), found.words("blocked")) == (("gun", "big cigar"), ())
    assert rules((RuleKind.WORDS, "age", "gun")).words("age") == ()


def test_roles_are_the_subjects_that_only_the_platform_knows() -> None:
    found = rules(
        (RuleKind.TIERS, "r1", ("draft",)),
        (RuleKind.MANAGERS, "r2", "yes"),
        *((kind, f"r-{kind}", 1) for kind in LIMITS),
        *((RuleKind.TIERS, apart, ("draft",)) for apart in ("*", "guests", "outsiders")),
        (RuleKind.CHANNEL, "C1", "allowed"),
        (RuleKind.PERSON, "ana", "blocked"),
    )
    assert found.roles == {"r1", "r2", "r-videos_per_day", "r-credits_per_day", "r-open_most", "r-wait_s"}


def test_rules_are_known_and_shown_by_what_they_are_alone() -> None:
    assert {Rules(revision=3): "cached"}[Rules(revision=3)] == "cached"
    assert "_by_kind" not in repr(Rules())
