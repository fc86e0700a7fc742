"""One list says which columns an attempt is read from."""

from dataclasses import fields

from core.db.generations.attempt_rows import COLUMNS
from core.domain.generations.generation import Attempt


def test_every_field_of_an_attempt_has_its_column() -> None:
    """But for the moment of its claim, which no column holds."""
    assert sorted(COLUMNS) == sorted(field.name for field in fields(Attempt) if field.name != "claimed_at")
