"""The ledger is append-only for its owner, and behind its doors for the role that the product runs as."""

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from core.db.credits import budgets, ledger, statements, workspace_links
from core.db.people import teams
from core.domain.credits.money import MoneyStatus
from core.domain.ids import UserId

MIGRATIONS = Path(__file__).resolve().parents[4] / "migrations"


@pytest.mark.parametrize("table", ["entry", "draw", "gift"])
@pytest.mark.parametrize("change", ["UPDATE {} SET team_id = 1", "DELETE FROM {}", "TRUNCATE {}"])
async def test_not_even_the_owner_changes_what_was_booked(bank, administrator, table, change):
    await bank.open(10)
    await administrator.execute("SET ROLE neverdark_owner")
    with pytest.raises(asyncpg.PostgresError) as error:
        await administrator.execute(change.format(table))
    assert error.value.sqlstate == "ND003"


CHANGES = (
    "UPDATE {table} SET {column} = DEFAULT",
    "DELETE FROM {table}",
    "TRUNCATE {table} CASCADE",
    "INSERT INTO {table} DEFAULT VALUES",
    "MERGE INTO {table} t USING (SELECT) s ON true WHEN MATCHED THEN DELETE",
    "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "ALTER TABLE {table} ADD COLUMN x int",
    "ALTER TABLE {table} OWNER TO CURRENT_USER",
    "DROP TABLE {table} CASCADE",
    "CREATE TRIGGER t BEFORE INSERT ON {table} EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE RULE r AS ON UPDATE TO {table} DO INSTEAD NOTHING",
)


@pytest.mark.parametrize("change", CHANGES)
async def test_the_product_touches_no_table_of_the_ledger(bank, change):
    """As the product's own connection, without any change of roles, on each table of the ledger."""
    await bank.open(10)
    tables = await bank.conn.fetchval("SELECT ledger_tables()")
    assert {"entry", "wallet", "lot", "draw"} < set(tables)
    for table in tables:
        column = await bank.conn.fetchval(
            "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum = 1", table
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await bank.conn.execute(change.format(table=table, column=column))


@pytest.mark.parametrize(
    "change",
    [
        "SELECT code_hash FROM link_code",
        "SELECT wallet_book(1, 'grant', gen_random_uuid(), 0, 1, 0, 1, NULL, NULL, NULL, NULL, now())",
        "SELECT allow_product_role('neverdark_app')",
        "SET session_replication_role = replica",
        "SELECT set_config('session_replication_role', 'replica', false)",
        "ALTER ROLE CURRENT_USER SET session_replication_role = replica",
        "ALTER ROLE CURRENT_USER SUPERUSER",
        "SET ROLE neverdark_owner",
        "SET ROLE postgres",
        "SET SESSION AUTHORIZATION neverdark_owner",
        "GRANT neverdark_owner TO CURRENT_USER",
        "CREATE ROLE another",
        "CREATE TABLE public.another ()",
        "CREATE FUNCTION public.another() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "DROP SCHEMA public CASCADE",
        "CREATE SCHEMA another",
        "ALTER DATABASE postgres SET session_replication_role = replica",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('/etc/passwd')",
        "DELETE FROM schema_migrations",
    ],
)
async def test_the_product_cannot_become_more_than_it_is(bank, change):
    await bank.open(10)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await bank.conn.execute(change)


async def test_the_product_replaces_no_function(bank):
    """Each function of ours, made anew word for word as it is: only its owner may do that."""
    made = await bank.conn.fetch(
        "SELECT p.oid::regprocedure::text AS name, pg_get_functiondef(p.oid) AS made FROM pg_proc p "
        " WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f'"
    )
    assert len(made) > 50
    for function in made:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await bank.conn.execute(function["made"])
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await bank.conn.execute(f"ALTER FUNCTION {function['name']} SECURITY INVOKER")


async def test_what_the_role_may_is_as_it_should_be_and_more_than_that_is_named(bank, administrator):
    async def excess():
        return [row[0] for row in await bank.conn.fetch("SELECT excess_rights(current_user)")]

    assert await excess() == []
    for grant, named in (
        ("GRANT UPDATE ON entry", "it may UPDATE entry"),
        ("GRANT TRUNCATE ON wallet", "it may TRUNCATE wallet"),
        ("GRANT CREATE ON SCHEMA public", "it may create things in schema public"),
        ("GRANT UPDATE ON team_overview", "it may write through the view team_overview"),
    ):
        await administrator.execute(f"{grant} TO neverdark_app")
        assert await excess() == [named]
        await administrator.execute("SET ROLE neverdark_owner")
        await administrator.execute("SELECT allow_product_role('neverdark_app')")
        await administrator.execute("RESET ROLE")
        if "SCHEMA" in grant:  # it was granted by the schema's owner, who alone takes it back
            await administrator.execute("REVOKE CREATE ON SCHEMA public FROM neverdark_app")
        assert await excess() == []
    assert await administrator.fetchval("SELECT excess_rights(current_user)") == "it is a superuser"
    assert "it may create things in schema public" in [
        row[0] for row in await administrator.fetch("SELECT excess_rights('neverdark_owner')")
    ]


async def test_the_product_role_can_do_all_that_the_product_does(bank):
    assert await bank.conn.fetchval("SELECT session_user = 'neverdark_app' AND current_user = session_user")
    await bank.open(100, free=10)
    key = await bank.hold(20)
    await bank.settle(key, 10)
    await ledger.refund(bank.conn, key=key, n=1, amount=1)
    await bank.budget("member", bank.ana, "month", 50)
    await budgets.budgets(bank.conn, team_id=bank.team)
    await budgets.set_approval(bank.conn, team_id=bank.team, above=40)
    await budgets.limits(bank.conn, team_id=bank.team)
    await budgets.due_alerts(bank.conn, team_id=bank.team)
    ask = {"team_id": bank.team, "key": uuid4(), "amount": 41, "member": bank.ben, "channel": "x"}
    assert (await ledger.consume_approved(bank.conn, approver=bank.ana, **ask)).status is MoneyStatus.OK
    one = ledger.ConsumeRequest(key=uuid4(), amount=1, member=bank.ana, channel="x")
    assert (await ledger.consume_batch(bank.conn, team_id=bank.team, asked=[one]))[one.key].status is MoneyStatus.OK
    code = await workspace_links.link(bank.conn, team_id=bank.team, member=bank.ana)
    await bank.open()
    platform, installation = bank.place
    joined = await workspace_links.redeem(
        bank.conn, code=code.code, platform=platform, installation=installation, member=bank.ana
    )
    assert joined.status is MoneyStatus.OK
    assert joined.team_id is not None
    await workspace_links.unlink(bank.conn, platform=platform, installation=installation, member=bank.ana)
    await budgets.freeze(bank.conn, team_id=bank.team)
    await budgets.thaw(bank.conn, team_id=bank.team)
    assert await statements.statement(bank.conn, team_id=joined.team_id)
    assert await teams.erase(bank.conn, platform=platform, installation=installation, user=UserId("ana"))
    await bank.assert_clean()


async def test_a_search_path_of_the_callers_making_changes_nothing(bank, administrator):
    bank = replace(bank, conn=administrator)
    await bank.open(10)
    await bank.conn.execute(
        "CREATE SCHEMA evil; CREATE TABLE evil.wallet (LIKE public.wallet);"
        "CREATE TEMP TABLE entry (LIKE public.entry); SET search_path = evil, pg_temp, public"
    )
    assert (await bank.consume(4)).balance == 6
    assert await bank.conn.fetchval("SELECT count(*) FROM pg_temp.entry") == 0
    await bank.conn.execute("RESET search_path; DROP TABLE pg_temp.entry")
    await bank.assert_clean()


async def test_whoever_may_not_create_roles_gets_a_whole_ledger_and_the_role_later(bank, administrator, postgres_dsn):
    """The migrations, run by an owner with no right beyond their own database, on a server without our role."""
    name, owner, role = (f"nd_{word}_{uuid4().hex[:8]}" for word in ("db", "owner", "app"))
    await administrator.execute(f"CREATE ROLE {owner}")
    await administrator.execute(f"CREATE DATABASE {name} OWNER {owner}")
    conn = await asyncpg.connect(postgres_dsn.format(db=name))
    told: list[str] = []
    conn.add_log_listener(lambda _, message: told.append(str(message.message)))
    try:
        await conn.execute(f"SET SESSION AUTHORIZATION {owner}")
        await conn.execute("CREATE TABLE schema_migrations (version text PRIMARY KEY)")  # dbmate's own
        for file in sorted(MIGRATIONS.glob("0*.sql")):
            await conn.execute(file.read_text().replace("neverdark_app", role))
        there = replace(bank, conn=conn)
        await there.open(100)
        await there.settle(await there.hold(10), 5)
        await there.assert_clean()
        with pytest.raises(asyncpg.PostgresError) as error:
            await conn.execute("DELETE FROM entry")
        assert error.value.sqlstate == "ND003"
        assert any(role in message for message in told)
        await conn.execute("RESET SESSION AUTHORIZATION")
        await conn.execute(f"CREATE ROLE {role}")
        await conn.execute(f"SET SESSION AUTHORIZATION {owner}")
        await conn.execute(f"SELECT allow_product_role('{role}')")
        await conn.execute("RESET SESSION AUTHORIZATION")
        await conn.execute(f"SET ROLE {role}")
        await there.hold(1)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute("DELETE FROM entry")
    finally:
        await conn.close()
        await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await administrator.execute(f"DROP ROLE {owner}")
        await administrator.execute(f"DROP ROLE IF EXISTS {role}")
