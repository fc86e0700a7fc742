"""Days that are over are read once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from web.kept_days import OPEN_DAYS, KeptDays

if TYPE_CHECKING:
    from core.db.pool import Connection

TODAY = date(2026, 12, 1)
NOBODY = cast("Connection", None)
"""Nothing is asked of it."""


@dataclass(frozen=True)
class Row:
    day: date
    value: int


class Table:
    """A row for each day; `read` as the database has it."""

    def __init__(self) -> None:
        self.today, self.value, self.asked = TODAY, 1, list[int]()

    async def read(self, conn: Any, days: int) -> Sequence[Row]:
        self.asked.append(days)
        return [Row(self.today - timedelta(days=n), self.value) for n in range(days)]


@pytest.mark.parametrize("later", [0, 1, 5, 29, 30, 400])
async def test_every_day_is_there_once_and_the_open_ones_are_new(later: int) -> None:
    table = Table()
    kept = KeptDays(days=30, read=table.read)
    first = await kept.rows(NOBODY, today=TODAY)
    assert [row.day for row in first] == [TODAY - timedelta(days=n) for n in range(30)]
    table.today, table.value = TODAY + timedelta(days=later), 2
    rows = await kept.rows(NOBODY, today=table.today)
    assert [row.day for row in rows] == [table.today - timedelta(days=n) for n in range(30)]
    assert table.asked == [30, min(30, later + OPEN_DAYS)]
    assert len([row for row in rows if row.value == 2]) == table.asked[-1]


async def test_a_day_without_rows_stays_without() -> None:
    rows = [[Row(TODAY, 1), Row(TODAY - timedelta(days=9), 1)], [Row(TODAY, 2)]]

    async def read(conn: Any, days: int) -> Sequence[Row]:
        return rows.pop(0)

    kept = KeptDays(days=30, read=read)
    await kept.rows(NOBODY, today=TODAY)
    assert await kept.rows(NOBODY, today=TODAY) == [Row(TODAY, 2), Row(TODAY - timedelta(days=9), 1)]
