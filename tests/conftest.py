"""What all tests share: real servers, a fresh migrated database for every test, and no way out of this machine.

Each process of a run (xdist has several) has servers of its own, in memory where the system has a folder for that:
copying a database there takes 20 ms, on a disk 250.
"""

import asyncio
import contextlib
import gc
import ipaddress
import os
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio
import redis
import structlog
from hypothesis import settings as hypothesis_settings

from tests.quick import examples

ROOT = Path(__file__).resolve().parent.parent
pytest_plugins = ["tests.costs", "tests.left_out", "tests.order"]


def _forget_the_developers_settings() -> None:
    """No key of a real vendor, and no other setting but which servers to use, may reach a test or what it starts."""
    os.environ["NEVERDARK_ENV_FILE"] = os.devnull
    for name in re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE):
        if name not in {"DATABASE_URL", "REDIS_URL"}:
            os.environ.pop(name, None)


# A busy machine is no reason to fail, and CI looks at the same examples every time.
hypothesis_settings.register_profile(
    "house", deadline=None, derandomize=bool(os.environ.get("CI")), max_examples=examples(100)
)
hypothesis_settings.load_profile("house")

_forget_the_developers_settings()  # before anything of ours is imported

from neverdark import embedded  # noqa: E402 - see above
from neverdark.migrate import migrate  # noqa: E402 - see above
from neverdark.state import Home, open_home  # noqa: E402 - see above
from tests.databases import as_an_administrator, as_the_product  # noqa: E402 - see above
from tests.process_state import restored  # noqa: E402 - see above

# A traceback that nobody reads need not be drawn with colours and frames: that takes 50 ms of CPU each.
for _last in structlog.get_config()["processors"]:
    if isinstance(_last, structlog.dev.ConsoleRenderer):
        _last.exception_formatter = structlog.dev.plain_traceback

MEMORY = Path("/dev/shm")  # noqa: S108 - the folder in it has mode 0700
MEMORY_NEEDED = 2 << 30
NO_DURABILITY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "256MB"}


def _stay_on_this_machine(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: refuses every address that is not this machine's, for the rest of the process."""
    if event in {"socket.connect", "socket.sendto", "socket.bind"}:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    name = host.decode() if isinstance(host, bytes) else host
    if name is None or name == "localhost":
        return
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(str(name)).is_loopback:
            return
    raise RuntimeError(f"A test wanted to reach {name}: tests speak to this machine only.")


sys.addaudithook(_stay_on_this_machine)


gc.disable()  # until all is imported and collected, which stays


def pytest_collection_finish() -> None:
    """The garbage collector need not look at what stays again and again."""
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def _the_process_as_it_was() -> Iterator[None]:
    """Outages, counters, logging, environment and signals are nobody's after a test."""
    with restored():
        yield


@pytest.fixture(scope="session")
def test_home() -> Iterator[Home]:
    """A state folder for the servers of this test process."""
    in_memory = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_NEEDED
    base = MEMORY if in_memory else Path(tempfile.gettempdir())
    for left in base.glob("nd-tests-*"):
        if not Path(f"/proc/{left.name.rpartition('-')[2]}").exists() and Path("/proc").exists():
            shutil.rmtree(left, ignore_errors=True)  # of a run that was killed
    folder = base / f"nd-tests-{uuid4().hex[:6]}-{os.getpid()}"
    folder.mkdir(mode=0o700)
    yield open_home(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_dsn(request: pytest.FixtureRequest) -> Iterator[str]:
    """An administrator's DSN, with `{db}` where the database's name goes."""
    if url := os.environ.get("DATABASE_URL"):
        parts = urlsplit(url)
        yield urlunsplit(parts._replace(path="/{db}"))
        return
    home: Home = request.getfixturevalue("test_home")
    server = embedded.postgres(home, settings=NO_DURABILITY)
    with embedded.serving(server, log=home.run / "postgres.log"):
        yield embedded.postgres_url(home, database="{db}")


class _Administrator:
    """One session for all that is done between tests."""

    def __init__(self, dsn: str, runner: asyncio.Runner) -> None:
        self._runner = runner
        self._session = runner.run(asyncpg.connect(dsn.format(db="postgres")))

    def run(self, statement: str) -> None:
        self._runner.run(self._session.execute(statement))

    def close(self) -> None:
        self._runner.run(self._session.close())


@pytest.fixture(scope="session")
def _administrator(postgres_dsn: str) -> Iterator[_Administrator]:
    with asyncio.Runner() as runner:
        administrator = _Administrator(postgres_dsn, runner)
        yield administrator
        administrator.close()


@pytest.fixture(scope="session")
def template_db(postgres_dsn: str, _administrator: _Administrator) -> Iterator[str]:
    """The name of a database with every migration applied; copied, never used itself."""
    name = f"nd_template_{uuid4().hex[:8]}"
    migrate(postgres_dsn.format(db=name), app_url=as_the_product(postgres_dsn.format(db=name)))
    yield name
    _administrator.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def new_database(postgres_dsn: str, template_db: str, _administrator: _Administrator) -> Iterator[Callable[[], str]]:
    """Makes a fresh, migrated database at every call and gives its DSN, as the product has it."""
    names: list[str] = []

    def make() -> str:
        names.append(f"nd_{uuid4().hex[:12]}")
        _administrator.run(f"CREATE DATABASE {names[-1]} TEMPLATE {template_db} STRATEGY file_copy")
        return as_the_product(postgres_dsn.format(db=names[-1]))

    yield make
    for name in names:
        _administrator.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def database(new_database: Callable[[], str]) -> str:
    """The DSN of a fresh, migrated database of this test's own, as the product has it."""
    return new_database()


@pytest_asyncio.fixture
async def administrator(database: str) -> AsyncIterator[asyncpg.Connection]:
    """A session on this test's database for what the product may not do: forging the ledger, changing the schema."""
    session = await asyncpg.connect(as_an_administrator(database))
    yield session
    await session.close()


@pytest_asyncio.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """A pool of up to 10 connections on a fresh database."""
    async with asyncpg.create_pool(database, min_size=1, max_size=10) as pool:
        yield pool


@pytest.fixture(scope="session")
def _redis_server(request: pytest.FixtureRequest) -> Iterator[str]:
    if url := os.environ.get("REDIS_URL"):
        yield url
        return
    home: Home = request.getfixturevalue("test_home")
    with embedded.serving(embedded.valkey(home), log=home.run / "redis.log") as url:
        yield url


@pytest.fixture
def redis_url(_redis_server: str) -> str:
    """The URL of an empty Redis database; on a server of your own it is one of the numbers from 15 downwards."""
    number = 15 - int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    parts = urlsplit(_redis_server)
    if parts.scheme == "unix":
        url = f"unix://{parts.path}?db={number}"
    else:
        url = urlunsplit(parts._replace(path=f"/{number}"))
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url
