"""Does together what many ask for at once: while one lot is under way, the next one gathers.

Whoever asks alone waits for nobody. In a burst a lot shares one statement, one lock and one commit.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

from core.db.errors import REFUSALS, DatabaseAway

LOT_MOST = 32

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Lots(Generic[Item, Answer]):
    """The lots of one process.

    Args:
        work: does it for a lot, in one transaction; an answer for each, in their order.
        most: how many go together.
    """

    def __init__(self, work: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]], *, most: int = LOT_MOST) -> None:
        self._work = work
        self._most = most
        self._waiting: dict[Hashable, deque[tuple[Item, asyncio.Future[Answer]]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, item: Item, *, among: Hashable = None) -> Answer:
        """Have it done, with others of the same kind.

        Args:
            among: lots of different ones are under way beside each other.

        Raises:
            DatabaseAway
        """
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.get(among)
        if waiting is None:
            waiting = self._waiting[among] = deque()
            # A lot is nobody's: what is logged of it names no generation.
            task = asyncio.create_task(self._run(among, waiting), name="lots", context=Context())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        waiting.append((item, answered))
        return await answered

    async def _run(self, among: Hashable, waiting: deque[tuple[Item, asyncio.Future[Answer]]]) -> None:
        lot: list[tuple[Item, asyncio.Future[Answer]]] = []
        try:
            while waiting:
                lot = [waiting.popleft() for _ in range(min(self._most, len(waiting)))]
                lot = [(item, answered) for item, answered in lot if not answered.done()]  # the others have gone
                if lot:
                    await self._do(lot)
        finally:
            del self._waiting[among]
            for _, answered in (*lot, *waiting):
                answered.cancel()  # does nothing to those that have their answer

    async def _do(self, lot: list[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._work([item for item, _ in lot])
        except DatabaseAway as error:
            for _, answered in lot:
                if not answered.done():
                    answered.set_exception(DatabaseAway(unclear=error.unclear, waited=error.waited))
        except BaseException as error:
            if isinstance(error, REFUSALS) and len(lot) > 1:
                for one in lot:  # nothing was written; one of them is at fault, and the others do not suffer from it
                    await self._do([one])
                return
            if not isinstance(error, Exception):
                raise
            for _, answered in lot:
                if not answered.done():
                    answered.set_exception(error)
        else:
            for (_, answered), answer in zip(lot, answers, strict=True):
                if not answered.done():
                    answered.set_result(answer)
