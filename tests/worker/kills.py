"""Kill -9 at a chosen moment, inside one process: the coroutine dies, its connections drop, nothing is cleaned up.

A moment comes after every effect that outlives the process: a commit that wrote, and whatever a vendor or a chat did. A
kill anywhere between two effects leaves the same world as one right after the first of them: a transaction that is cut
before its commit leaves what one leaves that never began. `every_wait` counts all waits, those inside a commit too.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from core.db.pool import prepare
from tests.patience import until


class KilledError(BaseException):
    """kill -9: nothing of ours may catch it."""


@dataclass
class Effects:
    """Counts what has happened that outlives the process."""

    count: int = 0

    async def happened(self) -> None:
        """Something has: a moment to die."""
        self.count += 1
        await asyncio.sleep(0)


Place = tuple[str, ...]


@dataclass
class Fuse:
    """Counts the moments at which the process could die, and picks some.

    Args:
        freezes: the process does not die, but stands still until somebody else has done all its work, and goes on then.
        places: where in our code each moment was, in their order.
    """

    blows_at: frozenset[int] = frozenset()
    every_wait: bool = False
    freezes: bool = False
    passed: int = 0
    seen: int = 0
    places: list[Place] = field(default_factory=list)

    def pass_one(self, effects: int, work: Any) -> bool:
        if not self.every_wait and effects == self.seen:
            return False
        self.seen = effects
        self.passed += 1
        if not self.blows_at:
            self.places.append(place_of(work))
        return self.passed in self.blows_at


def place_of(work: Any) -> Place:
    """The lines of ours in which a suspended coroutine waits, from the outermost to the innermost."""
    lines = []
    while (frame := getattr(work, "cr_frame", None)) is not None:
        folder, _, module = frame.f_globals.get("__name__", "").partition(".")
        if folder in {"core", "worker"}:
            lines.append(f"{module}:{frame.f_lineno}")
        work = work.cr_await
    return tuple(lines)


class Mortal(Awaitable[None]):
    """Runs a coroutine and kills it at the moment that the fuse says: between two of its suspensions.

    Args:
        meanwhile: what happens while a process that freezes stands still.
    """

    def __init__(
        self,
        work: Any,
        fuse: Fuse,
        effects: Effects,
        *,
        on_kill: Callable[[], None],
        meanwhile: Callable[[], Awaitable[None]],
    ) -> None:
        self._work, self._fuse, self._effects = work, fuse, effects
        self._on_kill, self._meanwhile = on_kill, meanwhile

    def __await__(self) -> Generator[Any, Any, None]:
        steps = self._work.__await__()
        try:
            pending = next(steps)
            while True:
                if self._fuse.pass_one(self._effects.count, self._work):
                    if self._fuse.freezes:
                        yield from self._meanwhile().__await__()
                    else:
                        self._on_kill()
                        pending = steps.throw(KilledError())
                try:
                    answer = yield pending
                except BaseException as error:  # noqa: BLE001 - handed on to whoever waits inside
                    pending = steps.throw(error)
                else:
                    pending = steps.send(answer)
        except StopIteration:
            return


WRITES = (
    "INSERT",
    "UPDATE",
    "DELETE",
    "SELECT transition_generation",
    "SELECT accept_attempt",
    "SELECT end_with_video",
    "SELECT message_posted",
    "SELECT thread_opened",
)
"""How statements begin that are a transaction by themselves."""


class WatchedConnection(asyncpg.Connection):  # type: ignore[type-arg]  # generic in the stubs only
    """Knows whether it has written since it was last taken."""

    wrote = False

    def transaction(self, **options: Any) -> Any:
        self.wrote = True
        return super().transaction(**options)

    async def execute(self, query: str, *args: Any, **options: Any) -> str:
        self.wrote = self.wrote or query.lstrip().startswith(WRITES)
        return await super().execute(query, *args, **options)

    async def fetchval(self, query: str, *args: Any, **options: Any) -> Any:
        self.wrote = self.wrote or query.lstrip().startswith(WRITES)
        return await super().fetchval(query, *args, **options)

    async def fetchrow(self, query: str, *args: Any, **options: Any) -> Any:
        self.wrote = self.wrote or query.lstrip().startswith(WRITES)
        return await super().fetchrow(query, *args, **options)


async def _as_it_is(conn: Any) -> None:
    """Between two uses a connection of ours has nothing to reset: that saves a round trip."""


@dataclass
class Acquired:
    """A connection that is about to be taken."""

    pool: "DyingPool"
    conn: Any = None

    def __await__(self) -> Generator[Any, Any, Any]:
        return self.pool.take().__await__()

    async def __aenter__(self) -> Any:
        self.conn = await self
        return self.conn

    async def __aexit__(self, *raised: object) -> None:
        await self.pool.release(self.conn)


AT_WORK = """
SELECT count(*) FROM pg_stat_activity WHERE pid = ANY($1) AND wait_event_type IS DISTINCT FROM 'Lock'
"""
"""Whoever waits for a lock may wait for one that is alive, and would for ever."""


@dataclass
class DyingPool:
    """A pool whose connections in use die with the process. The idle ones go on: their end would change nothing."""

    dsn: str
    effects: Effects
    pool: Any = None
    in_use: set[Any] = field(default_factory=set)
    dying: set[int] = field(default_factory=set)
    """Sessions of the server whose client was killed. The server ends what it was doing before it notices."""

    async def open(self) -> None:
        self.pool = await asyncpg.create_pool(
            self.dsn, min_size=0, max_size=6, init=prepare, reset=_as_it_is, connection_class=WatchedConnection,
            max_inactive_connection_lifetime=0, max_queries=10**9, statement_cache_size=1000,
        )  # fmt: skip

    def acquire(self) -> "Acquired":
        """To be awaited for a connection that `release` takes back, or entered, as asyncpg's is."""
        return Acquired(self)

    async def take(self) -> Any:
        conn = await self.pool.acquire()
        self.in_use.add(conn)
        return conn

    async def release(self, conn: Any, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as asyncpg's
        inner, wrote = getattr(conn, "_con", None), False
        if inner is not None:
            wrote, inner.wrote = inner.wrote, False
        self.in_use.discard(conn)
        await self.pool.release(conn, timeout=timeout)
        if wrote:
            await self.effects.happened()  # it is committed, and nobody knows yet

    def die(self, *, wholly: bool) -> None:
        """End the connections in use.

        Args:
            wholly: the pool is of no use any more: it may have been killed while it was at work itself.
        """
        for conn in list(self.in_use):
            if not conn.is_closed():
                self.dying.add(conn.get_server_pid())
            conn.terminate()
        self.in_use.clear()
        if wholly:
            self.pool.terminate()
            self.pool = None

    async def revive(self) -> None:
        """Come up again, once the server has done what the dead process had told it: the clock may be moved then."""
        if self.pool is None:
            await self.open()
        if self.dying:
            await until(self._all_gone)
            self.dying.clear()

    async def _all_gone(self) -> bool:
        async with self.pool.acquire() as conn:
            return not await conn.fetchval(AT_WORK, list(self.dying))

    async def close(self) -> None:
        if self.pool is not None:
            self.pool.terminate()
