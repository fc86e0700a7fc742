"""The ledger is append-only for its owner, and behind its doors for the role that the product runs as."""

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from core.db.credits import budgets, ledger, statements, workspace_links
from core.db.people import teams
from core.domain.credits.money import MoneyStatus

MIGRATIONS = Path(__file__).resolve().parents[4] / "migrations"


@pytest.mark.parametrize("table", ["entry", "draw", "gift"])
@pytest.mark.parametrize("change", ["UPDATE {} SET team_id = 1", "DELETE FROM {}", "TRUNCATE {}"])
async def test_not_even_the_owner_changes_what_was_booked(bank, table, change):
    await bank.open(10)
    with pytest.raises(asyncpg.PostgresError) as error:
        await bank.conn.execute(change.format(table))
    assert error.value.sqlstate == "ND003"


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO entry SELECT * FROM entry",
        "UPDATE wallet SET balance = 1000000",
        "INSERT INTO wallet (team_id, balance) VALUES (99, 1)",
        "UPDATE lot SET remaining = 1000000",
        "DELETE FROM budget",
        "UPDATE team SET joined_to = NULL",
        "UPDATE workspace SET team_id = 1",
        "UPDATE member SET user_id = 'x'",
        "TRUNCATE entry",
        "DELETE FROM draw",
        "ALTER TABLE entry DISABLE TRIGGER ALL",
        "SELECT code_hash FROM link_code",
        "SELECT wallet_book(1, 'grant', gen_random_uuid(), 0, 1, 0, 1, NULL, NULL, NULL, NULL, now())",
        "SELECT allow_product_role('neverdark_app')",
    ],
)
async def test_the_product_role_cannot_touch_the_tables(bank, change):
    await bank.open(10)
    await bank.conn.execute("SET ROLE neverdark_app")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await bank.conn.execute(change)


async def test_the_product_role_can_do_all_that_the_product_does(bank):
    await bank.conn.execute("SET ROLE neverdark_app")
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
    await workspace_links.unlink(bank.conn, platform=platform, installation=installation, member=bank.ana)
    await budgets.freeze(bank.conn, team_id=bank.team)
    await budgets.thaw(bank.conn, team_id=bank.team)
    assert await statements.statement(bank.conn, team_id=joined.team_id)
    assert await teams.erase(bank.conn, platform=platform, installation=installation, user="ana")
    await bank.assert_clean()


async def test_a_search_path_of_the_callers_making_changes_nothing(bank):
    await bank.open(10)
    await bank.conn.execute(
        "CREATE SCHEMA evil; CREATE TABLE evil.wallet (LIKE public.wallet);"
        "CREATE TEMP TABLE entry (LIKE public.entry); SET search_path = evil, pg_temp, public"
    )
    assert (await bank.consume(4)).balance == 6
    assert await bank.conn.fetchval("SELECT count(*) FROM pg_temp.entry") == 0
    await bank.conn.execute("RESET search_path; DROP TABLE pg_temp.entry")
    await bank.assert_clean()


async def test_whoever_may_not_create_roles_gets_a_whole_ledger_and_the_role_later(bank, postgres_dsn):
    """The migrations, run by an owner with no right beyond their own database, on a server without our role."""
    name, owner, role = (f"nd_{word}_{uuid4().hex[:8]}" for word in ("db", "owner", "app"))
    await bank.conn.execute(f"CREATE ROLE {owner}")
    await bank.conn.execute(f"CREATE DATABASE {name} OWNER {owner}")
    conn = await asyncpg.connect(postgres_dsn.format(db=name))
    told: list[str] = []
    conn.add_log_listener(lambda _, message: told.append(str(message.message)))
    try:
        await conn.execute(f"SET SESSION AUTHORIZATION {owner}")
        await conn.execute("CREATE TABLE schema_migrations (version text PRIMARY KEY)")  # dbmate's own
        for file in sorted(MIGRATIONS.glob("*.sql")):
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
        await bank.conn.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await bank.conn.execute(f"DROP ROLE {owner}")
        await bank.conn.execute(f"DROP ROLE IF EXISTS {role}")
