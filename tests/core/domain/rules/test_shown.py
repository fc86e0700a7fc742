"""A form has room for a part of a list, and others change the list meanwhile: a saved form loses nothing of either."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.rules.kinds import RuleKind, Rules
from core.domain.rules.panels import LIFTED, PanelName, changes
from core.domain.rules.shown import CHOSEN_MAX, OUT, TEXT_MAX, hidden, shown, shown_words, words_after
from core.domain.rules.words import WORDS_MAX, folded
from tests.core.domain.rules.cases import rules

PEOPLE = [f"U{number}" for number in range(60)]
LISTS = [
    (PanelName.PEOPLE, RuleKind.PERSON, "blocked", "blocked"),
    (PanelName.PEOPLE, RuleKind.MANAGERS, "yes", "managers"),
    (PanelName.CHANNELS, RuleKind.CHANNEL, "allowed", "allowed"),
    (PanelName.CHANNELS, RuleKind.CHANNEL, "denied", "denied"),
    (PanelName.CHANNELS, RuleKind.ADULT, "yes", "adult"),
    (PanelName.SHARING, RuleKind.NO_LINKS, "yes", "no_links"),
]
"""Every list that has no bound, with its field."""


def _list(kind: RuleKind, value: str, subjects: list[str]) -> Rules:
    return rules(*((kind, subject, value) for subject in subjects))


@pytest.mark.parametrize(("panel", "kind", "value", "field"), LISTS)
@given(
    before=st.lists(st.sampled_from(PEOPLE), unique=True),
    meanwhile=st.lists(st.sampled_from(PEOPLE), unique=True),
    out=st.sets(st.sampled_from(PEOPLE)),
    new=st.sets(st.sampled_from(PEOPLE)),
    leaves=st.sets(st.sampled_from(PEOPLE)),
)
def test_a_saved_form_changes_what_its_reader_changed_and_nothing_else(
    panel: PanelName,
    kind: RuleKind,
    value: str,
    field: str,
    before: list[str],
    meanwhile: list[str],
    out: set[str],
    new: set[str],
    leaves: set[str],
) -> None:
    showed, now = _list(kind, value, before), _list(kind, value, meanwhile)
    seen = shown(showed, kind, value)
    chosen = [each for each in seen if each not in out] + sorted(new - set(seen))
    filled = {field: tuple(chosen), f"{LIFTED}{kind.value}": tuple(leaves)}
    done = {each.subject: each.value for each in changes(panel, filled, now, showed=showed)}
    after = (set(meanwhile) | {who for who, has in done.items() if has}) - {who for who, has in done.items() if not has}
    taken_out, added = (set(seen) & out) | leaves, new - set(seen) - leaves
    assert after == (set(meanwhile) - taken_out) | added
    assert set(done) == taken_out | added


@given(many=st.integers(0, 80))
def test_a_form_that_is_sent_as_it_was_opened_changes_nothing(many: int) -> None:
    for panel, kind, value, field in LISTS:
        found = _list(kind, value, [f"U{number}" for number in range(many)])
        seen = shown(found, kind, value)
        assert len(seen) == min(many, CHOSEN_MAX)
        assert changes(panel, {field: seen}, found) == ()


WORD = st.text("abcdef", min_size=1, max_size=8)


@given(before=st.lists(WORD, unique=True), meanwhile=st.lists(WORD, unique=True), new=st.sets(WORD), out=st.sets(WORD))
def test_a_list_of_words_loses_only_what_was_taken_out_of_it(
    before: list[str], meanwhile: list[str], new: set[str], out: set[str]
) -> None:
    typed = "\n".join([*(word for word in before if word not in out), *sorted(new)])
    after = words_after(typed, showed=before, now=meanwhile)
    assert set(after) == (set(meanwhile) - (set(before) & out - new)) | (new - set(before))


def test_a_list_that_is_longer_than_its_field_keeps_all_its_words() -> None:
    words = tuple(f"{'word' * 13}{number:04}" for number in range(WORDS_MAX))
    seen = "\n".join(shown_words(words))
    assert len(seen) <= TEXT_MAX < len("\n".join(words))
    assert words_after(seen, showed=words, now=words) == words
    assert folded(words[-1]) not in seen
    assert words_after(f"{seen}\n-{words[-1]}, -{words[0]}", showed=words, now=words) == words[1:-1]


def test_a_form_has_room_for_25_choices_and_3000_characters() -> None:
    assert (CHOSEN_MAX, TEXT_MAX, OUT) == (25, 3000, "-")


@pytest.mark.parametrize(("many", "seen", "not_seen"), [(0, 0, 0), (1, 1, 0), (25, 25, 0), (26, 25, 1), (60, 25, 35)])
def test_of_a_long_list_the_newest_are_shown_and_the_others_are_counted(many: int, seen: int, not_seen: int) -> None:
    people = _list(RuleKind.PERSON, "blocked", PEOPLE[:many])
    assert shown(people, RuleKind.PERSON, "blocked") == tuple(PEOPLE[many - seen : many])
    assert hidden(people, RuleKind.PERSON, "blocked") == not_seen
    assert (shown(people, RuleKind.PERSON, "other"), hidden(people, RuleKind.PERSON, "other")) == ((), 0)


@pytest.mark.parametrize(
    ("lengths", "seen"),
    [((2999,), 1), ((3000,), 0), ((1499, 1499), 2), ((1499, 1500), 1), ((1000, 3000, 1), 1), ((), 0)],
)
def test_words_are_shown_as_long_as_they_and_their_lines_fit(lengths: tuple[int, ...], seen: int) -> None:
    words = ["x" * length for length in lengths]
    assert shown_words(words) == tuple(words[:seen])
