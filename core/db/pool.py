"""Opens the pool of Postgres connections that everything shares, with jsonb as Python values and bounded waits.

DATABASE_URL is read here for every process: `core.db.database_url` says what is in it, and this module what asyncpg
makes of it.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlencode

import asyncpg
import certifi

from core.db.database_url import DatabaseAddress, read_database_url

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

# Strings: asyncpg's classes are generic in its stubs only.
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

CONNECT_TIMEOUT_S = 2.0
CONNECT_TIMEOUT_MAX_S = 30.0
COMMAND_TIMEOUT_S = 15.0
CLOSE_TIMEOUT_S = 2.0


class Session(asyncpg.Connection):
    """A connection that also works behind a pooler which gives the server to somebody else after every transaction.

    asyncpg sends a statement and its values apart, and remembers statements by name. Behind such a pooler halves may
    reach two servers, and names are not ours alone. So there each statement is a transaction, and none is remembered.
    """

    through_pooler = False

    def is_at(self, host: str, port: int) -> bool:
        """Whether this host of several is the one that answered."""
        return self._addr in {  # type: ignore[attr-defined]  # asyncpg 0.32 tells it in no other way
            (host, port),
            f"{host}/.s.PGSQL.{port}",
        }

    async def look_for_pooler(self, *, told: bool) -> None:
        """Find out whether the server that we speak to is the one that answers: a pooler gives us a key of its own."""
        self.through_pooler = told or await self._is_another_server()
        if self.through_pooler:
            self._stmt_cache_enabled = False

    async def _is_another_server(self) -> bool:
        # Without values it is one message, which is safe in any case; what it found is counted in the answer's tag.
        found: str = await self.execute(f"SELECT FROM (SELECT) AS us WHERE pg_backend_pid() = {self.get_server_pid()}")
        return found != "SELECT 1"

    async def _execute(self, *arguments: Any, **how: Any) -> Any:
        if not self.through_pooler or self.is_in_transaction():
            return await super()._execute(*arguments, **how)  # type: ignore[misc]  # its stubs have the public names
        async with self.transaction():
            return await super()._execute(*arguments, **how)  # type: ignore[misc]  # as above


async def _no_reset(conn: Any) -> None:
    """Nothing to undo: our sessions set nothing, listen to nothing, and give back by themselves what they lock.

    asyncpg rolls back an open transaction before it asks us. Its own reset would cost every use a round trip.
    """


async def prepare(conn: Any) -> None:
    """What every connection of ours needs: jsonb in and out as Python values."""
    await conn.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


def open_pool(dsn: str, *, size_max: int, command_timeout_s: float = COMMAND_TIMEOUT_S) -> Pool:
    """A pool that is opened by `async with` or `await`.

    It starts empty, so that a process may start while Postgres is away.

    Args:
        dsn: postgresql://…
        size_max: connections at most.
        command_timeout_s: a statement that takes longer is given up.

    Raises:
        AddressError: the address cannot be used.
    """
    address = read_database_url(dsn)
    return asyncpg.create_pool(
        min_size=0,
        max_size=size_max,
        command_timeout=command_timeout_s,
        init=_prepared(address),
        reset=_no_reset,
        **arguments(address, timeout_s=CONNECT_TIMEOUT_S),
    )


@asynccontextmanager
async def pool_for(dsn: str, *, size_max: int) -> AsyncIterator[Pool]:
    """A process's pool. Its end waits for nobody for long: a server that does not answer does not keep the process."""
    pool = await open_pool(dsn, size_max=size_max)
    try:
        yield pool
    finally:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await pool.close()
        except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            pool.terminate()


async def connect(dsn: str, *, timeout_s: float, database: str | None = None) -> Session:
    """One connection outside of any pool, for whoever looks after the database.

    Raises:
        AddressError: the address cannot be used.
    """
    address = read_database_url(dsn)
    how = arguments(address, timeout_s=timeout_s)
    if database is not None:
        how["database"] = database
    session: Session = await asyncpg.connect(**how)
    try:
        await session.look_for_pooler(told=address.pooled)
        await prepare(session)
    except BaseException:
        session.terminate()
        raise
    return session


def arguments(address: DatabaseAddress, *, timeout_s: float) -> dict[str, Any]:
    """What asyncpg is called with."""
    how: dict[str, Any] = {
        # Encryption goes by an address of its own: asyncpg has no arguments for the files that belong to it.
        "dsn": f"postgresql://?{urlencode(encryption(address))}",
        "user": address.user,
        "password": address.password,
        "database": address.database,
        "timeout": min(CONNECT_TIMEOUT_MAX_S, address.connect_timeout_s or timeout_s),
        "server_settings": {"application_name": "neverdark", **address.server},
        "connection_class": Session,
    }
    if address.hosts:
        how |= {"host": [host for host, _ in address.hosts], "port": [port for _, port in address.hosts]}
    if address.only_writable:
        how["target_session_attrs"] = "read-write"
    if address.pooled:
        how["statement_cache_size"] = 0
    return how


def encryption(address: DatabaseAddress) -> dict[str, str]:
    """The parameters about encryption, with a file in the place of `sslrootcert=system`."""
    given = dict(address.driver)
    if given.get("sslrootcert") == "system":
        found = ssl.get_default_verify_paths().cafile
        given["sslrootcert"] = found if found and Path(found).exists() else certifi.where()
    return given


def _prepared(address: DatabaseAddress) -> Callable[[Any], Any]:
    async def init(conn: Any) -> None:
        await conn.look_for_pooler(told=address.pooled)
        await prepare(conn)

    return init


def seconds(value: float) -> timedelta:
    """An interval for Postgres."""
    return timedelta(seconds=value)
