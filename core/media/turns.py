"""Gives turns to jobs: a limited number at a time, fair among owners.

An owner with fifty files does not delay an owner with one: the next turn goes to the owner with the fewest jobs under
way, among equals to the one served longest ago, then to the one that asked first.
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
        size: jobs under way at most.
        heavy_max: long jobs among them at most, so that there is always room for short ones.
        owner_max: one owner's jobs among them at most, so that there is always room for others.
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
        """Wait for a turn, and hold it within the block.

        Raises:
            TimeoutError: the turn did not come in time.
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
