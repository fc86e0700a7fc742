"""What Postgres being away looks like to the rest: one exception, and one way to run a transaction."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import asyncpg

from core import outages
from core.db.lending import Loan, lent
from core.db.pool import Connection, Pool

ACQUIRE_TIMEOUT_S = 1.5
"""For work that a person waits for: the platform wants its first answer within 3 s."""

_patience: ContextVar[float] = ContextVar("patience", default=ACQUIRE_TIMEOUT_S)
"""How long a caller waits for a connection, unless it gives another time."""

ROLLBACK_TIMEOUT_S = 0.5

_AWAY_STATES = frozenset(
    {
        "25006",  # read-only: the server has become a standby, or its disk is nearly full
        "25P03",  # the server has cut a transaction that stood still
        "25P04",  # or that took too long
        "3D000",  # the database is not there: it is being restored, or the address names another server
        "40001",  # not serializable with what others do
        "40003",  # the connection broke before the server reported the result of the statement
        "40P01",  # a deadlock, and we were chosen to give way
        "55P03",  # a lock was not to be had in time
        "57014",  # a statement took longer than the server allows
        "58000",
        "58030",  # the server cannot read or write its files
    }
)
_OURS_ALONE = frozenset({"25P03", "25P04", "40001", "40P01", "55P03", "57014"})
"""Said of one transaction: the server is there, and others get their answers."""
_AWAY_CLASSES = frozenset({"08", "28", "53", "57"})
"""Connections, who may have one, resources, operators. Each is about the server's state, none about our statement."""

_AWAY = (
    OSError,
    TimeoutError,
    # What asyncpg 0.32.0 says of a connection that the server has just closed while it lay in the pool.
    asyncpg.InternalClientError,
)


LOGIN_REFUSED = (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError)
"""The server does not let this user in."""
NO_CONNECTION_LEFT = (asyncpg.TooManyConnectionsError,)
"""The server, or the role, has as many connections as it may."""
REFUSALS = (asyncpg.PostgresError, asyncpg.InterfaceError)
"""All that the driver may raise, for whoever only wants to say what it said."""

LEAVE_S = 2.0
"""A row that only a newer worker can read is due again after so long; theirs look more often than that."""


class UnreadableError(Exception):
    """A newer version has written something into this row that we do not know: it is for a newer worker."""


class DatabaseAway(Exception):
    """Postgres cannot be reached, or answers and refuses for now: nothing is wrong with what was asked. Try again.

    Args:
        unclear: it went away during the commit: what was written may be there or not.
        waited: all connections were busy for as long as the caller would wait.
    """

    def __init__(self, *, unclear: bool, waited: bool = False) -> None:
        super().__init__("the answer to a commit was lost" if unclear else "nothing was written")
        self.unclear = unclear
        self.waited = waited


def is_away(error: BaseException, *, closed: bool = False) -> bool:
    """Whether an error says that Postgres is away; any other is a bug of ours.

    Args:
        closed: the connection, or the pool, was closed when it was raised. asyncpg says of that what it says of a wrong
            number of arguments, with the same class.
    """
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        if state == "0A000":
            return isinstance(error, asyncpg.InvalidCachedStatementError)
        return state in _AWAY_STATES or state[:2] in _AWAY_CLASSES
    if isinstance(error, asyncpg.InterfaceError):
        return closed and not isinstance(error, ValueError)  # those are about values, or about the address
    return isinstance(error, _AWAY)


def _is_unclear(error: BaseException) -> bool:
    """Whether an error leaves open if something was written. What the server refuses was written nowhere."""
    state = error.sqlstate or "" if isinstance(error, asyncpg.PostgresError) else "08000"
    return state == "40003" or state.startswith(("08", "57P"))


@contextmanager
def patient(wait_s: float) -> Iterator[None]:
    """Statements in this block wait so long for a connection, unless a caller gives another time."""
    before = _patience.set(wait_s)
    try:
        yield
    finally:
        _patience.reset(before)


def _is_closed(conn: Connection) -> bool:
    """A connection that breaks is taken out of our hands by asyncpg, which then answers no question about it."""
    try:
        return conn.is_closed()
    except asyncpg.InterfaceError:
        return True


async def _undo(conn: Connection, block: asyncpg.transaction.Transaction) -> None:
    """Roll back, or, where Postgres does not answer, drop the connection: it rolls back by itself then."""
    if _is_closed(conn):
        return
    try:
        async with asyncio.timeout(ROLLBACK_TIMEOUT_S):
            await block.rollback()
    except Exception as error:
        if not is_away(error, closed=_is_closed(conn)):
            raise
        conn.terminate()


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """One transaction on a connection of the pool.

    Raises:
        DatabaseAway: there is no connection to be had, it broke, or the server refuses for now.
    """
    async with _connected(pool) as (loan, progress):
        conn = loan.conn
        block = conn.transaction()
        await block.start()
        loan.block = block
        try:
            yield conn
        except (asyncio.CancelledError, GeneratorExit):
            raise  # `lent` rolls back, and nobody waits for it
        except BaseException:
            await _undo(conn, block)
            raise
        progress.writes, loan.block = True, None
        await block.commit()


@asynccontextmanager
async def statement(pool: Pool, *, wait_s: float | None = None) -> AsyncIterator[Connection]:
    """A connection for one statement that writes, and is a transaction by itself.

    Args:
        wait_s: how long others may keep all connections busy; None is as long as whoever asks is patient. A server that
            is away is known at once.

    Raises:
        DatabaseAway: there is no connection to be had, it broke, or the server refuses for now.
    """
    async with _connected(pool, wait_s=wait_s) as (loan, progress):
        progress.writes = True
        yield loan.conn


@asynccontextmanager
async def connection(pool: Pool, *, wait_s: float | None = None) -> AsyncIterator[Connection]:
    """A connection for reading.

    Args:
        wait_s: how long others may keep all connections busy; None is as long as whoever asks is patient.

    Raises:
        DatabaseAway: there is none to be had, it broke, or the server refuses for now.
    """
    async with _connected(pool, wait_s=wait_s) as (loan, _):
        yield loan.conn


@dataclass(slots=True)
class _Progress:
    """How far it is: there was a connection, something may have been written, the connection was closed."""

    connected: bool = False
    writes: bool = False
    closed: bool = False


@asynccontextmanager
async def _connected(pool: Pool, *, wait_s: float | None = None) -> AsyncIterator[tuple[Loan, _Progress]]:
    wait_s = _patience.get() if wait_s is None else wait_s
    progress = _Progress(closed=True)  # what the pool itself says before there is a connection: it is closed
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        async with lent(pool, wait_s=wait_s) as loan:
            progress.closed, progress.connected = False, True
            try:
                yield loan, progress
            except BaseException:
                progress.closed = _is_closed(loan.conn)
                raise
    except Exception as error:
        if not is_away(error, closed=progress.closed):
            raise
        waited = not progress.connected and loop.time() - began >= wait_s
        if not waited and getattr(error, "sqlstate", None) not in _OURS_ALONE:
            outages.away("postgres", f"{type(error).__name__}: {error}".rstrip(": "))
        raise DatabaseAway(unclear=progress.writes and _is_unclear(error), waited=waited) from error
    outages.back("postgres")
