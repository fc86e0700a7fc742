"""Migrating a real database, and the one sentence that is said when it can't be done."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from core.db.database_url import read_database_url
from neverdark.errors import CliError, Misconfigured
from neverdark.migrate import MIGRATIONS, migrate, pending
from neverdark.roles import STANDS_STILL, Roles, advice, make
from tests.databases import as_the_product
from tests.patience import PATIENCE_S


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    folder.mkdir()
    for number, name in ((1, "first"), (2, "second")):
        text = f"-- migrate:up\nCREATE TABLE {name} ();\n-- migrate:down\n"
        (folder / f"00000{number}_{name}.sql").write_text(text)
    return folder


@pytest.fixture
def empty(postgres_dsn: str) -> str:
    """The address of a database that is not there yet."""
    return postgres_dsn.format(db=f"nd_{uuid4().hex[:12]}")


def query(url: str, statement: str) -> object:
    async def run() -> object:
        session = await asyncpg.connect(url)
        try:
            return await session.fetchval(statement)
        finally:
            await session.close()

    return asyncio.run(run())


def test_it_makes_the_database_and_applies_what_is_missing_once(empty: str, folder: Path) -> None:
    assert migrate(empty, folder=folder).applied == ("000001_first.sql", "000002_second.sql")
    assert migrate(empty, folder=folder).applied == ()
    assert query(empty, "SELECT to_regclass('second') IS NOT NULL")


def test_what_is_not_applied_yet_can_be_asked(empty: str, folder: Path) -> None:
    later = (folder / "000002_second.sql").rename(folder.parent / "later.sql")
    migrate(empty, folder=folder)
    later.rename(folder / "000002_second.sql")
    assert pending(empty, folder=folder) == ("000002_second.sql",)


def test_two_at_the_same_time_apply_each_once(empty: str, folder: Path) -> None:
    migrate(empty, folder=folder)
    (folder / "000003_third.sql").write_text(
        "-- migrate:up\nSELECT pg_sleep(0.2); CREATE TABLE third ();\n-- migrate:down\n"
    )
    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(lambda _: migrate(empty, folder=folder).applied, range(2)))
    assert sorted(done) == [(), ("000003_third.sql",)]


def test_a_migration_that_fails_is_named_and_leaves_nothing(empty: str, folder: Path) -> None:
    (folder / "000003_bad.sql").write_text("-- migrate:up\nCREATE TABLE bad ();\nSELECT 1/0;\n-- migrate:down\n")
    with pytest.raises(CliError, match=r"^Migration 000003_bad\.sql failed: division by zero"):
        migrate(empty, folder=folder)
    assert query(empty, "SELECT to_regclass('second') IS NOT NULL")
    assert query(empty, "SELECT to_regclass('bad') IS NULL")


def test_a_database_that_does_not_answer_is_said_after_a_while() -> None:
    with pytest.raises(CliError, match=r"^The database can't be reached: "):
        migrate("postgresql://user:secret@127.0.0.1:1/nothing", wait_s=0.3)


def test_a_database_that_refuses_us_is_said_at_once(empty: str) -> None:
    with pytest.raises(Misconfigured, match="DATABASE_URL is refused by the database: ") as caught:
        migrate(empty.replace("postgres@", "nobody-of-that-name:hidden@"))
    assert "hidden" not in str(caught.value)


def test_the_migrations_of_the_product_are_found() -> None:
    assert (MIGRATIONS / "000001_base.sql").exists()


def test_the_owner_owns_everything_and_the_product_nothing(empty: str) -> None:
    app = as_the_product(empty).replace("neverdark_app", "the-product's")
    app = app.replace("the-product's", quote("the-product's", safe=""))
    migrate(empty, app_url=app)
    owners = "SELECT array_agg(DISTINCT tableowner) FROM pg_tables WHERE schemaname = 'public'"
    assert query(empty, owners) == ["neverdark_owner"]
    assert query(empty, "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'neverdark_owner'") is False
    assert query(app, "SELECT session_user") == "the-product's"
    assert query(app, "SELECT array_agg(found) FROM excess_rights(current_user) AS found") is None
    assert query(app, "SELECT count(*) FROM generations") == 0
    assert query(app, "SHOW idle_in_transaction_session_timeout") == STANDS_STILL, "nobody else waits for a process"
    assert migrate(empty, app_url=app).roles == Roles(owner="neverdark_owner", app="the-product's")
    assert pending(app) == (), "the product's own connection sees what is applied"


@pytest.mark.parametrize(
    ("before", "meanwhile"),
    [
        ("SELECT 1", "CREATE ROLE {role} LOGIN"),
        ("CREATE ROLE {role} LOGIN; ALTER ROLE {role} SET work_mem = '4MB'", "ALTER ROLE {role} SET work_mem = '8MB'"),
    ],
)
async def test_two_databases_of_one_server_are_migrated_at_the_same_time(
    postgres_dsn: str, empty: str, before: str, meanwhile: str
) -> None:
    role = f"nd_{uuid4().hex[:12]}"
    other = await asyncpg.connect(postgres_dsn.format(db="postgres"))
    await other.execute(f"CREATE DATABASE {urlsplit(empty).path[1:]}")
    ours = await asyncpg.connect(empty)
    pid = ours.get_server_pid()
    app = read_database_url(urlunsplit(urlsplit(empty)._replace(netloc=f"{role}:secret@127.0.0.1")))
    try:
        await other.execute(before.format(role=role))
        await other.execute("BEGIN")
        await other.execute(meanwhile.format(role=role))
        making = asyncio.create_task(make(ours, app=app))
        async with asyncio.timeout(PATIENCE_S):
            while not await other.fetchval("SELECT cardinality(pg_blocking_pids($1)) > 0", pid):
                assert not making.done(), making
                await asyncio.sleep(0.01)
        await other.execute("COMMIT")
        assert (await making).app == role
        assert await other.fetchval("SELECT rolcanlogin FROM pg_roles WHERE rolname = $1", role)
    finally:
        await ours.close()
        await other.execute(f"DROP DATABASE {urlsplit(empty).path[1:]}")
        await other.execute(f"DROP ROLE IF EXISTS {role}")
        await other.close()


def test_whoever_may_not_create_roles_is_told_what_to_type(empty: str) -> None:
    """An owner of their own database alone, on a server where nobody has made our roles: simulated by another owner."""
    me = f"owner_{uuid4().hex[:8]}"
    parts = urlsplit(empty)
    admin, name = urlunsplit(parts._replace(path="/postgres")), parts.path.removeprefix("/")
    query(admin, f"CREATE ROLE {me} LOGIN PASSWORD 'x'")
    query(admin, f"CREATE DATABASE {name} OWNER {me}")
    mine = urlunsplit(parts._replace(netloc=f"{me}:x@{parts.netloc.rpartition('@')[2]}"))
    done = migrate(mine, app_url=mine)
    assert done.roles.owner is None
    assert query(mine, "SELECT tableowner = current_user FROM pg_tables WHERE tablename = 'entry'")
    said = "\n".join(advice(done.roles, owner_url=mine, app_url=mine))
    assert "CREATE ROLE neverdark_owner NOLOGIN;" in said
    assert "SET idle_in_transaction_session_timeout" in said
    assert "DATABASE_OWNER_URL" in said
    assert migrate(mine, app_url=mine).roles.owner is None, "what is one role's stays so"


def test_where_the_product_has_a_role_of_its_own_there_is_nothing_to_say(empty: str) -> None:
    app = as_the_product(empty)
    assert advice(Roles(owner="neverdark_owner", app="neverdark_app"), owner_url=empty, app_url=app) == ()


def test_an_installation_without_migrations_says_so(postgres_dsn: str, tmp_path: Path) -> None:
    """dbmate would find everything applied."""
    for ask in (migrate, pending):
        with pytest.raises(CliError, match=r"has no migrations.*install Neverdark again"):
            ask(postgres_dsn.format(db="nd_no_files"), folder=tmp_path)
