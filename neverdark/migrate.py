"""Brings the database to the schema that this version needs, with dbmate and the files of `migrations/`."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import asyncpg

from neverdark.errors import CliError, Misconfigured

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
RUN_TIMEOUT_S = 600.0
"""A migration may rewrite a large table."""

CONNECT_TIMEOUT_S = 5.0


def migrate(database_url: str, *, wait_s: float = 30.0, folder: Path = MIGRATIONS) -> tuple[str, ...]:
    """Apply what is missing, making the database first if it isn't there; names the files that were applied, in order.

    It is safe to run twice at the same time.

    Raises:
        CliError: the database can't be reached, or a migration failed; nothing of that one is applied then.
    """
    encrypted = asyncio.run(wait_for(database_url, wait_s=wait_s))
    done = _dbmate(database_url, "--no-dump-schema", "--migration-lock", "up", encrypted=encrypted, folder=folder)
    applied = tuple(re.findall(r"^Applied: (\S+)", done.stdout, re.MULTILINE))
    if done.returncode != 0:
        began = re.findall(r"^Applying: (\S+)", done.stdout, re.MULTILINE)
        where = f"migration {began[-1]} failed" if len(began) > len(applied) else "migrating failed"
        raise CliError(f"{where.capitalize()}: {_reason(done.stderr)}")
    return applied


def pending(database_url: str, *, folder: Path = MIGRATIONS) -> tuple[str, ...]:
    """The files that are not applied yet."""
    encrypted = asyncio.run(wait_for(database_url, wait_s=0))
    done = _dbmate(database_url, "status", encrypted=encrypted, folder=folder)
    if done.returncode != 0:
        raise CliError(f"The migrations can't be read: {_reason(done.stderr)}")
    return tuple(re.findall(r"^\[ \] (\S+)", done.stdout, re.MULTILINE))


async def wait_for(database_url: str, *, wait_s: float) -> bool:
    """Wait until the server takes sessions; says whether this one is encrypted, which dbmate must be told.

    Raises:
        CliError: it can't be reached, or lets us not in.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_s
    while True:
        try:
            session = await asyncpg.connect(database_url, timeout=CONNECT_TIMEOUT_S)
        except asyncpg.InvalidCatalogNameError:  # the server is there, our database is not
            session = await asyncpg.connect(database_url, database="postgres", timeout=CONNECT_TIMEOUT_S)
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError) as error:
            if loop.time() > deadline:
                raise CliError(
                    f"The database can't be reached: {_reason(str(error)) or 'it does not answer'}"
                ) from error
            await asyncio.sleep(0.2)
            continue
        except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
            raise Misconfigured(f"DATABASE_URL is refused by the database: {_reason(str(error))}") from error
        try:
            return bool(await session.fetchval("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
        finally:
            await session.close(timeout=CONNECT_TIMEOUT_S)


def _dbmate(database_url: str, *arguments: str, encrypted: bool, folder: Path) -> subprocess.CompletedProcess[str]:
    beside = Path(sys.executable).parent / "dbmate"
    program = str(beside) if beside.exists() else shutil.which("dbmate")
    if program is None:
        raise Misconfigured("The program dbmate is missing: run `make install`.")
    try:
        return subprocess.run(
            # The address has a password in it, so it goes by the environment, which other users can't read.
            [program, "--env", "NEVERDARK_MIGRATE_URL", "--migrations-dir", str(folder), *arguments],
            env={**os.environ, "NEVERDARK_MIGRATE_URL": _for_dbmate(database_url, encrypted=encrypted)},
            check=False,
            capture_output=True,
            text=True,
            timeout=RUN_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        raise CliError(f"Migrating took longer than {RUN_TIMEOUT_S:g} s and was ended.") from None


def _for_dbmate(database_url: str, *, encrypted: bool) -> str:
    """Its driver wants encryption unless told otherwise, where ours takes what the server has."""
    address, _, options = database_url.partition("?")
    query = dict(parse_qsl(options))
    if query.get("sslmode", "prefer") in {"prefer", "allow"}:
        query["sslmode"] = "require" if encrypted else "disable"
    return f"postgres://{address.partition('://')[2]}?{urlencode(query)}"


def _reason(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return re.sub(r"^(Error|pq): ", "", re.sub(r"^Error: ", "", lines[-1])) if lines else ""
