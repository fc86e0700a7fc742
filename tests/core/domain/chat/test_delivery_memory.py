"""The column `memory` and its value are the same thing, in both directions."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.chat.delivery import Edits, Form, Where
from core.domain.chat.delivery_memory import NOTHING_YET, DeliveryMemory

WORDS = st.text(max_size=20)
MEMORIES = st.builds(
    DeliveryMemory,
    where=st.sampled_from(Where),
    why=st.none() | WORDS,
    form=st.sampled_from(Form),
    size_max=st.none() | st.integers(0, 1 << 40),
    edits=st.sampled_from(Edits),
    is_plain=st.booleans(),
    looks_first=st.booleans(),
    late_until=st.none() | st.integers(0, 1 << 40),
    upload=st.dictionaries(WORDS, WORDS, max_size=3),
    newer=st.dictionaries(WORDS.map("newer_{}".format), st.integers(), max_size=3),
)


@given(MEMORIES)
def test_a_memory_comes_back_from_the_column_as_it_went_in(memory: DeliveryMemory) -> None:
    assert DeliveryMemory.from_json(json.loads(json.dumps(memory.as_json()))) == memory


def test_nothing_remembered_is_an_empty_column() -> None:
    assert NOTHING_YET.as_json() == {}
    assert DeliveryMemory.from_json({}) == NOTHING_YET
    assert DeliveryMemory.from_json({"why": None, "where": None}) == NOTHING_YET, "as `deliveries_follow` writes it"


def test_every_key_of_the_column_by_its_name() -> None:
    memory = DeliveryMemory(
        where=Where.FOLLOW_UP,
        why="is_archived",
        form=Form.SMALLER,
        size_max=8_000_000,
        edits=Edits.LAST_ONLY,
        is_plain=True,
        looks_first=True,
        upload={"file": "F1"},
        newer={"moon": "full"},
    )
    assert memory.as_json() == {
        "where": "follow_up",
        "why": "is_archived",
        "form": "smaller",
        "size_max": 8_000_000,
        "edits": "last_only",
        "plain": True,
        "look": True,
        "upload": {"file": "F1"},
        "moon": "full",
    }


@pytest.mark.parametrize(
    ("column", "says"),
    [
        ({"where": "moon"}, "memory.where is 'moon', not one of thread, channel, follow_up, direct"),
        ({"form": "SMALLER"}, "memory.form is 'SMALLER'"),
        ({"edits": 1}, "memory.edits is 1"),
        ({"size_max": "8"}, "memory.size_max is '8'"),
        ({"size_max": True}, "memory.size_max is True"),
        ({"plain": "yes"}, "memory.plain is 'yes'"),
        ({"look": 1}, "memory.look is 1"),
        ({"why": []}, "memory.why"),
        ({"upload": {"looks": 3}}, "memory.upload"),
        ({"upload": "F1"}, "memory.upload"),
    ],
)
def test_a_value_that_this_release_cannot_read_says_which(column: dict[str, Any], says: str) -> None:
    with pytest.raises((TypeError, ValueError), match=says):
        DeliveryMemory.from_json(column)
