"""Rows by day, of which only the last days are read again: what a day that is over counted does not change.

The first time everything is read. So a page about many days costs no more beside a million videos than beside none.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta
from typing import Generic, Protocol, TypeVar

from core.db.pool import Connection

OPEN_DAYS = 4
"""An attempt may end, or be charged, days after its video was asked for."""


class _OfDay(Protocol):
    @property
    def day(self) -> date: ...


RowT = TypeVar("RowT", bound=_OfDay)


class KeptDays(Generic[RowT]):
    """The rows of the last so many days, UTC.

    Args:
        days: how many, with today.
        read: reads those of the last so many days.
    """

    def __init__(self, *, days: int, read: Callable[[Connection, int], Awaitable[Sequence[RowT]]]) -> None:
        self._days = days
        self._read = read
        self._rows: list[RowT] = []
        self._read_on: date | None = None

    async def rows(self, conn: Connection, *, today: date) -> list[RowT]:
        """All of them, the days that are read anew first."""
        missing = self._days if self._read_on is None else (today - self._read_on).days + OPEN_DAYS
        wanted = min(self._days, max(OPEN_DAYS, missing))
        found = list(await self._read(conn, wanted))
        first, first_open = (today - timedelta(days=n - 1) for n in (self._days, wanted))
        self._rows = found + [row for row in self._rows if first <= row.day < first_open]
        self._read_on = today
        return self._rows
