"""What was legal once is not checked again: so nothing that is wrong may look like it."""

import pytest

from tests.sandbox.shapes import shape_of


@pytest.mark.parametrize(
    ("legal", "wrong"),
    [
        ({"content": "x" * 4000}, {"content": "x" * 4001}),
        ({"embeds": [{"title": "t" * 256}]}, {"embeds": [{"title": "t" * 257}]}),
        ({"blocks": [{"type": "section", "text": {"text": "a"}}]}, {"blocks": [{"type": "section", "text": "a"}]}),
        ({"content": "5"}, {"content": 5}),
        ({"content": "5"}, {"content": None}),
        ({"blocks": [{"type": "section"}]}, {"blocks": [{"type": "selection"}]}),
        ({"attachments": [{"id": "1"}]}, {"attachments": [{"id": "not one"}]}),
    ],
)
def test_what_is_wrong_is_never_taken_for_what_was_legal_before(legal: object, wrong: object) -> None:
    assert shape_of("POST", legal) != shape_of("POST", wrong)
    assert shape_of("POST", legal) != shape_of("PATCH", legal)


def test_another_word_of_the_same_length_and_another_id_are_checked_once() -> None:
    assert shape_of({"content": "a red fox", "nonce": "10001"}) == shape_of({"content": "a red dog", "nonce": "20002"})
