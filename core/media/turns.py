"""Whose turn it is: a bounded number of jobs at a time, fair among those who ask.

Somebody with fifty files holds up nobody with one: the next turn is that of the owner with the fewest under way, among
equals of whoever was served longest ago, then of whoever asked first.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count


@dataclass(slots=True, eq=False)
class _Turn:
    owner: str
    heavy: bool
    number: int
    called: asyncio.Future[None]


@dataclass(slots=True)
class Turns:
    """The turns of one process.

    Args:
        size: how many may be under way.
        heavy_max: how many of them may be long ones, so that there is always room for short ones.
        owner_max: how many of them may be one owner's, so that there is always room for others.
    """

    size: int
    heavy_max: int
    owner_max: int = 1_000_000
    _waiting: list[_Turn] = field(default_factory=list)
    _under_way: Counter[str] = field(default_factory=Counter)
    _heavy: int = 0
    _served: dict[str, int] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    @asynccontextmanager
    async def turn(self, owner: str, *, heavy: bool, wait_s: float) -> AsyncIterator[None]:
        """Wait for a turn, and have it.

        Raises:
            TimeoutError: it did not come in time.
        """
        mine = _Turn(owner, heavy, next(self._numbers), asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        self._call()
        try:
            async with asyncio.timeout(wait_s):
                await mine.called
            yield
        finally:
            self._leave(mine)

    def _call(self) -> None:
        while sum(self._under_way.values()) < self.size:
            able = [turn for turn in self._waiting if self._may(turn)]
            if not able:
                return
            first = min(able, key=self._rank)
            self._waiting.remove(first)
            self._under_way[first.owner] += 1
            self._heavy += first.heavy
            self._served[first.owner] = next(self._numbers)
            first.called.set_result(None)

    def _may(self, turn: _Turn) -> bool:
        return self._under_way[turn.owner] < self.owner_max and not (turn.heavy and self._heavy >= self.heavy_max)

    def _rank(self, turn: _Turn) -> tuple[int, int, int]:
        return self._under_way[turn.owner], self._served.get(turn.owner, -1), turn.number

    def _leave(self, turn: _Turn) -> None:
        if turn in self._waiting:
            self._waiting.remove(turn)
        else:
            self._under_way[turn.owner] -= 1
            self._heavy -= turn.heavy
        if not self._under_way[turn.owner]:
            del self._under_way[turn.owner]
            if not any(other.owner == turn.owner for other in self._waiting):
                self._served.pop(turn.owner, None)
        self._call()
