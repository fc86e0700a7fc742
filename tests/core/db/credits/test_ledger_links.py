"""Links: one wallet for many workspaces, without losing or doubling a credit, and the way back."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from core.db.credits import budgets, ledger, statements, workspace_links
from core.domain.credits.money import EntryKind, MoneyStatus
from core.domain.ids import MemberId, TeamId


async def _join(bank, place=None):
    """Joins the workspace at `place` (the bank's, by default) to the team with this code; its admin is Ana there."""
    platform, installation = place or bank.place
    member = await bank.conn.fetchval(
        "SELECT min(id) FROM member WHERE platform = $1 AND installation = $2", platform, installation
    )
    return await workspace_links.redeem(
        bank.conn, code=bank.code, platform=platform, installation=installation, member=member
    )


async def _host_and_guest(bank, *, host: int = 100, guest: int = 0, free: int = 0, **grant) -> tuple[TeamId, TeamId]:
    """A team that offers a code (kept in bank.code) and, as the bank's team now, one that may use it."""
    first = await bank.open(host, free=free)
    bank.code = (await workspace_links.link(bank.conn, team_id=first, member=bank.ana)).code
    second = await bank.open(guest, free=free, **grant)
    return first, second


async def test_a_joined_workspace_spends_from_one_wallet_with_the_other(bank):
    host, guest = await _host_and_guest(bank, host=100, guest=50)
    answer = await _join(bank)
    assert (answer.status, answer.team_id, answer.moved) == (MoneyStatus.OK, host, 50)
    assert (await bank.member("ana")).team_id == host
    assert await bank.left(host) == await bank.left(guest) == 150
    assert (await bank.consume(120, team_id=guest)).balance == 30, "an older process still names the old team"
    assert (await bank.consume(30, team_id=host)).balance == 0
    await bank.assert_clean()


async def test_lots_come_along_with_their_expiry(bank):
    await bank.at("2026-01-01T00:00")
    host, guest = await _host_and_guest(bank, host=10)
    await bank.grant(20, expires_at=datetime(2026, 2, 1, tzinfo=UTC))
    await bank.grant(30)
    await _join(bank)
    await bank.consume(5, team_id=host)
    await bank.at("2026-02-01T00:00")
    assert await bank.left(host) == 40
    kinds = [line.kind for line in await statements.statement(bank.conn, team_id=guest)]
    assert kinds == [EntryKind.MOVE_OUT, EntryKind.MOVE_OUT, EntryKind.GRANT, EntryKind.GRANT]
    await bank.grant(1, team_id=guest)
    await bank.assert_clean()


async def test_free_credits_stay_behind_so_that_nobody_has_two_free_tiers(bank):
    await bank.at("2026-01-10T00:00")
    host, guest = await _host_and_guest(bank, host=0, guest=7, free=300)
    assert (await _join(bank)).moved == 7
    assert await bank.left(host) == 307
    await bank.at("2026-02-10T00:00")
    assert await bank.left(host) == 300 + 7
    await bank.consume(1, team_id=guest)
    await bank.at("2026-02-11T00:00")
    await _unlink(bank)
    assert await bank.left(guest) == 300, "its own again, from this month on"
    assert await bank.left(host) == 306
    await bank.consume(300, team_id=guest)
    await bank.assert_clean()


async def _unlink(bank, place=None) -> MoneyStatus:
    platform, installation = place or bank.place
    return await workspace_links.unlink(bank.conn, platform=platform, installation=installation, member=bank.ana)


async def test_free_credits_are_there_again_after_parting_in_the_same_month_and_only_once(bank):
    await bank.at("2026-01-10T00:00")
    host, guest = await _host_and_guest(bank, host=0, free=300)
    await bank.consume(100)
    for _ in range(2):
        bank.code = (await workspace_links.link(bank.conn, team_id=host, member=await _ana_of(bank, host))).code
        assert (await _join(bank)).status is MoneyStatus.OK
        assert await _unlink(bank) is MoneyStatus.OK
    assert await bank.left(guest) == 200
    assert await bank.left(host) == 300
    await bank.assert_clean()


async def _ana_of(bank, team) -> MemberId:
    found = await bank.conn.fetchval(
        "SELECT min(m.id) FROM member m JOIN workspace w USING (platform, installation) WHERE home_team_id = $1", team
    )
    return MemberId(found)


@pytest.mark.parametrize("actual", [0, 12, 20])
async def test_what_was_held_stays_and_what_comes_back_follows(bank, actual):
    host, guest = await _host_and_guest(bank, host=5, guest=50)
    key = await bank.hold(20)
    await _join(bank)
    assert (await bank.left(host), await bank.held(host)) == (35, 0)
    back = await bank.settle(key, actual)
    assert (back.status, back.balance, back.given_back) == (MoneyStatus.OK, 35 + 20 - actual, 20 - actual)
    again = await bank.settle(key, actual)
    assert (again.status, again.given_back, again.balance) == (MoneyStatus.REPLAYED, 20 - actual, back.balance)
    if actual:
        corrected = await ledger.refund(bank.conn, key=key, n=1, amount=actual)
        assert corrected.balance == 55
    assert await bank.left(host) == 55
    held = await bank.conn.fetchval("SELECT held FROM wallet WHERE team_id = $1", guest)
    assert held == 0
    await bank.assert_clean()


async def test_what_comes_back_keeps_the_date_of_the_lot_it_was_taken_from(bank):
    await bank.at("2026-01-01T00:00")
    host, _ = await _host_and_guest(bank, host=1)
    await bank.grant(20, expires_at=datetime(2026, 3, 1, tzinfo=UTC))
    key = await bank.hold(15)
    await _join(bank)
    await bank.settle(key, 5)
    await bank.at("2026-02-28T23:59")
    assert await bank.left(host) == 1 + 5 + 10
    await bank.at("2026-03-01T00:00")
    assert await bank.left(host) == 1
    await bank.grant(1, team_id=host)
    await bank.assert_clean()


async def test_a_replay_across_a_link_finds_its_first_answer(bank):
    host, guest = await _host_and_guest(bank, guest=50)
    key, gift = uuid4(), uuid4()
    await bank.consume(20, key)
    await bank.grant(3, gift)
    await _join(bank)
    for team in (host, guest):
        assert (await bank.consume(20, key, team_id=team)).status is MoneyStatus.REPLAYED
        assert (await bank.grant(3, gift, team_id=team)).status is MoneyStatus.REPLAYED
    await bank.assert_clean()


async def test_budgets_of_the_team_that_spends_are_the_ones_that_count(bank):
    host, guest = await _host_and_guest(bank, guest=50)
    await bank.budget("team", "", "month", 1)
    await _join(bank)
    assert (await bank.consume(10)).status is MoneyStatus.OK
    bank.team = host
    await bank.budget("member", bank.ana, "month", 15)
    assert (await bank.consume(6, team_id=guest)).status is MoneyStatus.OVER_MEMBER_BUDGET
    assert await budgets.freeze(bank.conn, team_id=guest), "it is the host that is frozen"
    assert (await ledger.balance(bank.conn, team_id=host)).frozen
    await bank.assert_clean()


async def test_a_joined_team_may_join_another_with_all_its_workspaces(bank):
    first, second = await _host_and_guest(bank, host=1, guest=10)
    held_by_second = await bank.hold(4)
    await _join(bank)
    second_place = bank.place
    third = await bank.open(100)
    bank.code = (await workspace_links.link(bank.conn, team_id=third, member=bank.ana)).code
    first_place = await bank.conn.fetchrow(
        "SELECT platform, installation FROM workspace WHERE home_team_id = $1", first
    )
    assert (await _join(bank, first_place)).moved == 7
    for team in (first, second, third):
        assert await bank.left(team) == 107
    assert (await bank.settle(held_by_second, 0)).balance == 111
    assert await _unlink(bank, first_place) is MoneyStatus.OK
    assert (await bank.left(first), await bank.left(second), await bank.left(third)) == (0, 111, 111)
    assert await _unlink(bank, second_place) is MoneyStatus.OK
    assert await bank.left(second) == 0
    assert await _unlink(bank, second_place) is MoneyStatus.NOT_LINKED
    await bank.assert_clean()


async def test_a_team_may_join_a_team_that_once_was_its_guest(bank):
    host, guest = await _host_and_guest(bank, host=30, guest=10)
    guest_place = bank.place
    await _join(bank)
    await _unlink(bank)
    bank.code = (await workspace_links.link(bank.conn, team_id=guest, member=bank.ana)).code
    host_place = await bank.conn.fetchrow("SELECT platform, installation FROM workspace WHERE home_team_id = $1", host)
    assert (await _join(bank, host_place)).moved == 40
    assert await bank.left(host) == await bank.left(guest) == 40
    assert await _unlink(bank, guest_place) is MoneyStatus.NOT_LINKED, "it is at home"
    await bank.assert_clean()


async def test_a_code_is_typed_as_people_type(bank):
    await _host_and_guest(bank)
    bank.code = f" {bank.code.lower().replace('-', ' ')} "
    assert (await _join(bank)).status is MoneyStatus.OK


async def test_a_code_works_once_and_a_redelivered_command_hears_the_same(bank):
    host, _ = await _host_and_guest(bank)
    assert (await _join(bank)).status is MoneyStatus.OK
    again = await _join(bank)
    assert (again.status, again.team_id, again.moved) == (MoneyStatus.REPLAYED, host, 0)
    await bank.open()
    other = await _join(bank)
    assert (other.status, other.team_id) == (MoneyStatus.USED, None)


async def test_a_code_lives_for_ten_minutes(bank):
    await bank.at("2026-01-01T00:00")
    await _host_and_guest(bank)
    await bank.at("2026-01-01T00:09:59")
    assert (await _join(bank)).status is MoneyStatus.OK
    await _host_and_guest(bank)
    await bank.at("2026-01-01T00:19:59")
    assert (await _join(bank)).status is MoneyStatus.EXPIRED


async def test_a_code_is_void_when_replaced_or_when_who_made_it_is_forgotten_or_wrong(bank):
    host, _ = await _host_and_guest(bank)
    ana = await _ana_of(bank, host)
    newer = (await workspace_links.link(bank.conn, team_id=host, member=ana)).code
    assert (await _join(bank)).status is MoneyStatus.UNKNOWN_CODE
    bank.code = newer[:-1] + ("2" if newer[-1] != "2" else "3")
    assert (await _join(bank)).status is MoneyStatus.UNKNOWN_CODE
    await bank.conn.execute("SELECT erase_member(platform, installation, user_id) FROM member WHERE id = $1", ana)
    bank.code = newer
    assert (await _join(bank)).status is MoneyStatus.UNKNOWN_CODE


async def test_a_code_says_who_made_it_and_is_not_kept_in_clear(bank, administrator):
    host, guest = await _host_and_guest(bank)
    assert (await _join(bank)).made_by == await _ana_of(bank, host)
    row = await administrator.fetchval("SELECT code_hash FROM link_code")
    assert bank.code.replace("-", "").encode() not in row
    with pytest.raises(LookupError):
        await workspace_links.link(bank.conn, team_id=guest, member=MemberId(999_999))


async def test_a_team_cannot_join_itself_nor_while_frozen(bank):
    host, guest = await _host_and_guest(bank)
    guest_place = bank.place
    place = await bank.conn.fetchrow("SELECT platform, installation FROM workspace WHERE home_team_id = $1", host)
    assert (await _join(bank, place)).status is MoneyStatus.SAME_TEAM
    for team in (host, guest):
        await budgets.freeze(bank.conn, team_id=team)
        assert (await _join(bank, guest_place)).status is MoneyStatus.FROZEN
        await budgets.thaw(bank.conn, team_id=team)
    assert (await _join(bank, guest_place)).status is MoneyStatus.OK
