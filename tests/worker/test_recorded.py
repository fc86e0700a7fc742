"""What a vendor has said is written down, although Postgres is away for a moment."""

import pytest

from core.db.errors import DatabaseAway
from worker.steps.recording import recorded


class Record:
    """Fails so many times before it succeeds."""

    def __init__(self, *, failures: int) -> None:
        self.failures = failures
        self.calls = 0

    async def __call__(self) -> None:
        self.calls += 1
        if self.calls <= self.failures:
            raise DatabaseAway(unclear=self.calls % 2 == 0)


async def test_it_is_tried_until_postgres_is_back() -> None:
    record = Record(failures=3)
    await recorded(record, for_s=60.0, again_s=0.001)
    assert record.calls == 4


async def test_it_is_not_tried_for_ever() -> None:
    record = Record(failures=10**9)
    with pytest.raises(DatabaseAway):
        await recorded(record, for_s=0.02, again_s=0.001)
    assert record.calls > 1


async def test_once_is_enough_where_nothing_is_wrong() -> None:
    record = Record(failures=0)
    await recorded(record)
    assert record.calls == 1
