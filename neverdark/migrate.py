"""Migrates the database to the schema of this version, with dbmate and the files of `migrations/`."""

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import asyncpg

from core.db.database_url import AddressError, read_database_url
from core.db.pool import Session, connect, encryption
from core.db.schema import NO_MIGRATIONS, migrations_folder
from neverdark import roles
from neverdark.errors import CliError, Misconfigured
from neverdark.roles import Roles

MIGRATIONS = migrations_folder()
RUN_TIMEOUT_S = 600.0
"""Seconds for all migrations; one may rewrite a large table."""

CONNECT_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """The result of a migration.

    Args:
        applied: the files that were applied, in order.
        roles: the owner of the database, and the role that the product uses.
    """

    applied: tuple[str, ...]
    roles: Roles


def migrate(
    database_url: str, *, app_url: str | None = None, wait_s: float = 30.0, folder: Path = MIGRATIONS
) -> Migrated:
    """Apply the missing migrations; make the database and its roles first if they are missing.

    It is safe to run twice at the same time.

    Args:
        database_url: the address with the role that may change the schema.
        app_url: the address with the product's role; the role is made, with its password, if it is missing.
        wait_s: seconds to wait for a server that does not answer.
        folder: the folder of the migration files.

    Raises:
        CliError: the database cannot be reached, or a migration failed; a failed migration leaves no change.
    """
    _need_files(folder)
    server = asyncio.run(wait_for(database_url, wait_s=wait_s, make=True))
    if server.through_pooler:
        raise Misconfigured(
            "Migrations can't be applied through a pooler, which hands the server on between two of them: "
            "set DATABASE_OWNER_URL to the address of the database itself."
        )
    roles = asyncio.run(_make_roles(database_url, app_url))
    done = _dbmate(
        database_url, "--no-dump-schema", "--migration-lock", "migrate", server=server, role=roles.owner, folder=folder
    )
    applied = tuple(re.findall(r"^Applied: (\S+)", done.stdout, re.MULTILINE))
    if done.returncode != 0:
        began = re.findall(r"^Applying: (\S+)", done.stdout, re.MULTILINE)
        where = f"migration {began[-1]} failed" if len(began) > len(applied) else "migrating failed"
        raise CliError(f"{where.capitalize()}: {_reason(done.stderr)}")
    asyncio.run(_allow(database_url, roles))
    return Migrated(applied=applied, roles=roles)


def _need_files(folder: Path) -> None:
    """Raise if the folder has no files: dbmate would take the schema for complete."""
    if not any(folder.glob("[0-9]*.sql")):
        raise CliError(f"{NO_MIGRATIONS}.")


async def _make_roles(database_url: str, app_url: str | None) -> Roles:
    session = await connect(database_url, timeout_s=CONNECT_TIMEOUT_S)
    try:
        return await roles.make(session, app=roles.app_of(database_url, app_url))
    finally:
        await session.close(timeout=CONNECT_TIMEOUT_S)


async def _allow(database_url: str, made: Roles) -> None:
    session = await connect(database_url, timeout_s=CONNECT_TIMEOUT_S)
    try:
        await roles.allow(session, made)
    finally:
        await session.close(timeout=CONNECT_TIMEOUT_S)


def pending(database_url: str, *, folder: Path = MIGRATIONS) -> tuple[str, ...]:
    """The files that are not applied."""
    _need_files(folder)
    server = asyncio.run(wait_for(database_url, wait_s=0))
    if not server.exists:
        return tuple(sorted(file.name for file in folder.glob("[0-9]*.sql")))
    done = _dbmate(database_url, "status", server=server, folder=folder)
    if done.returncode != 0:
        raise CliError(f"The migrations can't be read: {_reason(done.stderr)}")
    return tuple(re.findall(r"^\[ \] (\S+)", done.stdout, re.MULTILINE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The server that answered.

    Args:
        host: the host that answered, with its port; None where the address names none.
        encrypted: whether the session is encrypted, which dbmate must be told.
        exists: whether the database exists.
        through_pooler: whether a pooler is between us and the server.
    """

    host: tuple[str, int] | None
    encrypted: bool
    exists: bool
    through_pooler: bool


async def wait_for(database_url: str, *, wait_s: float, make: bool = False) -> Server:
    """Wait until the server takes sessions.

    Args:
        database_url: its address.
        wait_s: seconds to wait.
        make: whether a missing database is made.

    Raises:
        CliError: the server cannot be reached, or refuses the login.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_s
    while True:
        try:
            return await _look(database_url, make=make)
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError) as error:
            if loop.time() > deadline:
                raise CliError(
                    f"The database can't be reached: {_reason(str(error)) or 'it does not answer'}"
                ) from error
            await asyncio.sleep(0.2)
        except AddressError as error:
            raise Misconfigured(f"DATABASE_URL {error}.") from None
        except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
            raise Misconfigured(f"DATABASE_URL is refused by the database: {_reason(str(error))}") from error


async def _look(database_url: str, *, make: bool) -> Server:
    exists = True
    try:
        session = await connect(database_url, timeout_s=CONNECT_TIMEOUT_S)
    except asyncpg.InvalidCatalogNameError:  # the server works, the database is missing
        session = await connect(database_url, timeout_s=CONNECT_TIMEOUT_S, database="postgres")
        exists = False
    try:
        if make and not exists:
            with contextlib.suppress(asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
                await session.execute(
                    await session.fetchval(
                        "SELECT format('CREATE DATABASE %I', $1::text)", read_database_url(database_url).database
                    )
                )
            exists = True
        return Server(
            host=_host_of(session, database_url),
            encrypted=bool(await session.fetchval("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")),
            exists=exists,
            through_pooler=session.through_pooler,
        )
    finally:
        await session.close(timeout=CONNECT_TIMEOUT_S)


def _host_of(session: Session, database_url: str) -> tuple[str, int] | None:
    """The host of this session: dbmate accepts only one."""
    hosts = read_database_url(database_url).hosts
    if len(hosts) < 2:
        return hosts[0] if hosts else None
    return next((host for host in hosts if session.is_at(*host)), hosts[0])


def _dbmate(
    database_url: str, *do: str, server: Server, folder: Path, role: str | None = None
) -> subprocess.CompletedProcess[str]:
    beside = Path(sys.executable).parent / "dbmate"
    program = str(beside) if beside.exists() else shutil.which("dbmate")
    if program is None:
        raise Misconfigured("The program dbmate is missing: install Neverdark again.")
    try:
        return subprocess.run(
            # The address contains a password, so it is passed by the environment, which other users cannot read.
            [program, "--env", "NEVERDARK_MIGRATE_URL", "--migrations-dir", str(folder), *do],
            env={**os.environ, "NEVERDARK_MIGRATE_URL": for_dbmate(database_url, server=server, role=role)},
            check=False,
            capture_output=True,
            text=True,
            timeout=RUN_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        raise CliError(f"Migrating took longer than {RUN_TIMEOUT_S:g} s and was ended.") from None


def for_dbmate(database_url: str, *, server: Server, role: str | None = None) -> str:
    """The address in the form of dbmate's driver, which knows fewer parameters, and encrypts by default."""
    address = read_database_url(database_url)
    query = {name: value for name, value in encryption(address).items() if name in _DBMATE_KNOWS} | dict(address.server)
    if address.ssl_mode in {"prefer", "allow"}:
        query["sslmode"] = "require" if server.encrypted else "disable"
    if role is not None:
        query["options"] = f"{query.get('options', '')} -c role={role}".strip()
    login = quote(address.user or "", safe="")
    if address.password is not None:
        login += ":" + quote(address.password, safe="")
    place = ""
    if server.host is not None and server.host[0].startswith("/"):
        query |= {"host": server.host[0], "port": str(server.host[1])}
    elif server.host is not None:
        name = f"[{server.host[0]}]" if ":" in server.host[0] else server.host[0]
        place = f"{name}:{server.host[1]}"
    return f"postgres://{login}@{place}/{quote(address.database or address.user or '', safe='')}?{urlencode(query)}"


_DBMATE_KNOWS = frozenset({"sslmode", "sslcert", "sslkey", "sslrootcert", "passfile"})


def _reason(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return re.sub(r"^(Error|pq): ", "", re.sub(r"^Error: ", "", lines[-1])) if lines else ""
