"""The check finds each kind of wrong row and names it. The owner plants them, with the guards taken off."""

from uuid import uuid4

import pytest

from core.db.credits import statements, workspace_links


async def _book_some(bank) -> None:
    """A team (the host) and one that joined it, with holds, a correction, credits that followed, and a budget."""
    await bank.at("2026-01-01T00:00")
    other = await bank.open(40)
    code = await workspace_links.link(bank.conn, team_id=other, member=bank.ana)
    host = bank.ana
    await bank.open(25, free=50)
    held = await bank.hold(60)
    await bank.settle(await bank.hold(10), 4)
    await bank.conn.fetchrow("SELECT * FROM refund_credits($1, 1, 2, $2, 'x')", await _settled(bank), bank.ana)
    platform, installation = bank.place
    await workspace_links.redeem(
        bank.conn, code=code.code, platform=platform, installation=installation, member=bank.ana
    )
    await bank.settle(held, 30)
    bank.team, bank.ana = other, host
    await bank.budget("member", host, "month", 1000)
    await bank.hold(7)
    await bank.assert_clean()


async def _settled(bank):
    return await bank.conn.fetchval("SELECT key FROM entry WHERE kind = 'settle' AND team_id = $1", bank.team)


PLANTS = {
    "balance is": "UPDATE wallet SET balance = balance + 1, lot_left = lot_left + 1 WHERE team_id = {team}",
    "held is": "UPDATE wallet SET held = held + 1 WHERE team_id = {team}",
    "sequence is at": "UPDATE wallet SET seq = seq + 1 WHERE team_id = {team}",
    "its lots hold": "UPDATE wallet SET lot_left = lot_left - 1 WHERE team_id = {team}",
    "gap in the sequence": "UPDATE entry SET seq = seq + 100 WHERE team_id = {team} AND seq = {last}",
    "running balance jumps": "UPDATE entry SET balance_after = 99 WHERE team_id = {team} AND seq = {last}",
    "running held jumps": "UPDATE entry SET held_after = held_after + 1 WHERE team_id = {team} AND seq = {last}",
    "impossible shape of a consume": "UPDATE entry SET held_delta = 0 WHERE team_id = {team} AND seq = {last}",
    "impossible shape of a grant": "UPDATE entry SET kind = 'grant' WHERE team_id = {team} AND seq = {last}",
    "more refunded than taken": "UPDATE entry SET delta = 1000 WHERE team_id = {guest} AND kind = 'refund'",
    "settled for another amount": "UPDATE entry SET held_delta = -1 WHERE team_id = {guest} AND kind = 'settle'",
    "corrected before it was settled": "DELETE FROM entry WHERE team_id = {guest} AND kind = 'settle'",
    "without its consume": "DELETE FROM entry WHERE team_id = {guest} AND kind = 'consume'",
    "without its other side": "DELETE FROM entry WHERE team_id = {guest} AND kind = 'move_out'",
    "draws do not add up": "UPDATE draw SET amount = amount + 1 WHERE team_id = {guest}",
    "holds more than it was given": "UPDATE lot SET granted = 1 WHERE team_id = {team}",
    "its wallet does not know of its budgets": "UPDATE wallet SET gates = 0 WHERE team_id = {team}",
    "does not know of its approval": "UPDATE team SET approval_above = 5 WHERE id = {team}",
    "differ on whether it is joined": "UPDATE team SET joined_to = NULL WHERE id = {guest}",
    "counts 9, its ledger says 7": "UPDATE budget SET spent = 9 WHERE team_id = {team}",
    "it has no wallet": "DELETE FROM wallet WHERE team_id = {team}",
    "entries of a team that does not exist": "UPDATE entry SET team_id = 4711 WHERE team_id = {team} AND seq = {last}",
    "spends from another team than its home": ("UPDATE workspace SET team_id = {guest} WHERE home_team_id = {guest}"),
}


@pytest.mark.parametrize("named", PLANTS)
async def test_the_check_finds_a_planted_wrong_row_and_names_it(bank, administrator, named):
    await _book_some(bank)
    guest = await bank.conn.fetchval("SELECT id FROM team WHERE joined_to = $1", bank.team)
    last = await bank.conn.fetchval("SELECT seq FROM wallet WHERE team_id = $1", bank.team)
    await administrator.execute("SET session_replication_role = replica")
    await administrator.execute(PLANTS[named].format(team=bank.team, guest=guest, last=last))
    findings = await statements.check(bank.conn)
    assert any(named in wrong for finding in findings for wrong in finding.wrong), findings
    for finding in findings:
        assert await statements.check(bank.conn, team_id=finding.team_id) == [finding], "alone, it is found as well"


async def test_the_check_looks_at_one_team_only_when_asked(bank, administrator):
    await bank.open(10)
    whole = bank.team
    await bank.open(10)
    await administrator.execute("UPDATE wallet SET held = 5 WHERE team_id = $1", bank.team)
    assert await statements.check(bank.conn, team_id=whole) == []
    assert [finding.team_id for finding in await statements.check(bank.conn)] == [bank.team]


async def test_a_team_with_many_wrong_rows_is_told_of_twenty(bank, administrator):
    await bank.open(100)
    for _ in range(30):
        await bank.consume(1, uuid4())
    await administrator.execute("SET session_replication_role = replica")
    await administrator.execute("UPDATE entry SET held_delta = held_delta + seq WHERE team_id = $1", bank.team)
    [finding] = await statements.check(bank.conn)
    assert len(finding.wrong) == 20
