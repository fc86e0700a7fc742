"""What happens by itself: lots lapse and months begin. Reading is right before anyone has booked it."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from core.db.credits import ledger, statements
from core.db.people import teams
from core.domain.credits.money import EntryKind, FreePeriod, MoneyStatus
from core.domain.ids import UserId


async def _lines(bank) -> list[tuple[EntryKind, int, int]]:
    lines = await statements.statement(bank.conn, team_id=bank.team)
    return [(line.kind, line.amount, line.balance_after) for line in lines]


async def test_a_new_team_has_its_free_credits_and_a_new_month_brings_them_again(bank):
    await bank.at("2026-01-31T12:00")
    await bank.open(free=300)
    assert await bank.left() == 300
    await bank.consume(100)
    await bank.at("2026-01-31T23:59:59")
    assert await bank.left() == 200
    await bank.at("2026-02-01T00:00")
    assert await bank.left() == 300, "last month's rest lapsed, this month's came"
    assert (await bank.consume(300)).balance == 0
    assert [kind for kind, _, _ in await bank.entries()] == ["free", "consume", "expire", "free", "consume"]
    await bank.assert_clean()


async def test_months_in_which_nothing_happened_bring_nothing(bank):
    await bank.at("2026-01-15T00:00")
    await bank.open(free=300)
    await bank.at("2026-12-24T00:00")
    assert (await bank.consume(1)).balance == 299
    assert [kind for kind, _, _ in await bank.entries()] == ["free", "expire", "free", "consume"]
    await bank.assert_clean()


@pytest.mark.parametrize(
    ("period", "still", "next_one"),
    [
        (FreePeriod.DAY, "2026-03-10T23:59", "2026-03-11T00:00"),
        (FreePeriod.WEEK, "2026-03-14T23:59", "2026-03-15T00:00"),
        (FreePeriod.MONTH, "2026-03-31T23:59", "2026-04-01T00:00"),
    ],
)
async def test_free_periods_begin_at_midnight_utc_whatever_the_session_says(bank, period, still, next_one):
    await bank.conn.execute("SET timezone = 'America/New_York'")
    await bank.at("2026-03-10T12:00")
    await bank.open()
    platform, installation = bank.place[0], type(bank.place[1])(bank.place[1] + "/other")
    bank.team = (
        await teams.ensure(
            bank.conn,
            platform=platform,
            installation=installation,
            user=UserId("cy"),
            free_credits=10,
            free_period=period,
        )
    ).team_id
    await bank.consume(4)
    await bank.at(still)
    assert await bank.left() == 6
    await bank.at(next_one)
    assert await bank.left() == 10
    assert (await bank.consume(1)).balance == 9
    await bank.assert_clean()


async def test_what_lapses_soonest_is_burned_first(bank):
    await bank.at("2026-01-01T00:00")
    await bank.open(10)
    await bank.grant(10, expires_at=datetime(2026, 3, 1, tzinfo=UTC))
    await bank.grant(10, expires_at=datetime(2026, 2, 1, tzinfo=UTC))
    await bank.consume(15)
    await bank.at("2026-02-01T00:00")
    assert await bank.left() == 15, "the ten of February were spent before they could lapse"
    await bank.at("2026-03-01T00:00")
    assert await bank.left() == 10
    await bank.consume(10)
    await bank.assert_clean()


async def test_several_lots_lapse_in_their_order_and_are_told_before_they_are_booked(bank):
    await bank.at("2026-01-01T00:00")
    await bank.open(5)
    await bank.grant(20, expires_at=datetime(2026, 2, 2, tzinfo=UTC))
    await bank.grant(10, expires_at=datetime(2026, 2, 1, tzinfo=UTC))
    await bank.at("2026-05-05T00:00")
    told = await statements.statement(bank.conn, team_id=bank.team)
    assert [(line.kind, line.amount, line.balance_after, line.booked) for line in told[:2]] == [
        (EntryKind.EXPIRE, -20, 5, False),
        (EntryKind.EXPIRE, -10, 25, False),
    ]
    assert await bank.left() == 5
    await bank.grant(1)
    booked = await statements.statement(bank.conn, team_id=bank.team)
    assert [(line.seq, line.at, line.key, line.amount) for line in booked[1:3]] == [
        (line.seq, line.at, line.key, line.amount) for line in told[:2]
    ]
    assert told[0].at == datetime(2026, 2, 2, tzinfo=UTC)
    await bank.assert_clean()


async def test_what_is_given_back_to_a_lapsed_lot_comes_as_fourteen_days(bank):
    await bank.at("2026-01-01T00:00")
    await bank.open(20, expires_at=datetime(2026, 2, 1, tzinfo=UTC))
    key = await bank.hold(20)
    await bank.at("2026-02-10T00:00")
    assert await bank.left() == 0
    assert (await bank.settle(key, 5)).balance == 15
    await bank.at("2026-02-23T23:59:59")
    assert await bank.left() == 15
    await bank.at("2026-02-24T00:00")
    assert await bank.left() == 0
    assert (await bank.consume(1)).status is MoneyStatus.INSUFFICIENT
    await bank.assert_clean()


async def test_a_hold_outlives_its_month(bank):
    await bank.at("2026-01-31T23:59")
    await bank.open(free=300)
    key = await bank.hold(200)
    await bank.at("2026-02-01T00:01")
    assert (await bank.left(), await bank.held()) == (300, 200)
    assert (await bank.settle(key, 150)).balance == 350
    await bank.assert_clean()


async def test_a_refusal_books_what_was_due_and_says_the_right_balance(bank):
    await bank.at("2026-01-01T00:00")
    await bank.open(20, expires_at=datetime(2026, 2, 1, tzinfo=UTC))
    await bank.at("2026-03-01T00:00")
    answer = await bank.consume(1)
    assert (answer.status, answer.balance) == (MoneyStatus.INSUFFICIENT, 0)
    assert (await bank.entries())[-1] == ("expire", -20, 0)


async def test_a_statement_line_is_one_generation_with_all_that_came_of_it(bank):
    await bank.at("2026-01-01T10:00")
    await bank.open(100)
    settled = await bank.hold(60)
    running = await bank.hold(10)
    await bank.at("2026-01-01T10:05")
    await bank.settle(settled, 45)
    await ledger.refund(bank.conn, key=settled, n=1, amount=5, note="file lost")
    held, done, granted = await statements.statement(bank.conn, team_id=bank.team)
    assert (held.key, held.taken, held.held, held.given_back, held.amount) == (running, 10, 10, 0, -10)
    assert (held.settled_at, held.why, held.balance_after) == (None, None, 30)
    assert (done.key, done.taken, done.held, done.given_back, done.amount) == (settled, 60, 0, 20, -40)
    assert (done.at, done.settled_at) == (datetime(2026, 1, 1, 10, tzinfo=UTC), datetime(2026, 1, 1, 10, 5, tzinfo=UTC))
    assert (done.why, done.member_id, done.channel) == ("file lost", bank.ana, "general")
    assert (granted.kind, granted.amount, granted.booked) == (EntryKind.GRANT, 100, True)


async def test_pages_of_a_statement_meet_without_a_gap_even_over_what_is_not_booked(bank):
    await bank.at("2026-01-01T00:00")
    await bank.open(50, priority=1)
    for day in range(1, 6):
        await bank.grant(1, expires_at=datetime(2026, 2, day, tzinfo=UTC))
    for _ in range(4):
        await bank.settle(await bank.hold(3), 2)
    await bank.at("2026-02-04T12:00")
    whole = await statements.statement(bank.conn, team_id=bank.team, limit=100)
    pages, before = [], None
    for _ in range(6):
        page = await statements.statement(bank.conn, team_id=bank.team, before=before, limit=3)
        assert len(page) <= 3
        pages += page
        before = pages[-1].seq
    assert pages == whole
    assert [line.booked for line in whole] == [False] * 4 + [True] * 10
    assert sum(line.amount for line in whole) == await bank.left()
    assert len({line.seq for line in whole}) == len(whole)


async def test_use_tells_days_members_and_tiers_apart(bank):
    await bank.at("2026-01-31T23:30")
    await bank.open(1000)
    await bank.settle(await bank.hold(60, note="pro"), 50)
    await bank.hold(10, note="draft")
    await bank.at("2026-02-01T00:30")
    await bank.hold(7, note="draft", member=bank.ben)
    await bank.hold(8, note="draft", member=bank.ben)
    await bank.at("2026-02-03T00:00")
    start, end = datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 2, 2, tzinfo=UTC)
    found = await statements.use(bank.conn, team_id=bank.team, start=start, end=end)
    assert [(str(one.day), one.member_id, one.note, one.generations, one.spent) for one in found] == [
        ("2026-01-31", bank.ana, "draft", 1, 10),
        ("2026-01-31", bank.ana, "pro", 1, 50),
        ("2026-02-01", bank.ben, "draft", 2, 15),
    ]
    assert await statements.use(bank.conn, team_id=bank.team, start=end, end=datetime(2026, 3, 1, tzinfo=UTC)) == []


async def test_a_wallet_that_waited_for_a_year_is_found_by_any_writer(bank):
    await bank.at("2026-01-01T00:00")
    await bank.open(free=10)
    key = await bank.hold(4)
    await bank.at("2027-01-01T00:00")
    assert (await ledger.settle(bank.conn, key=key, actual=4)).balance == 10
    assert (await ledger.grant(bank.conn, team_id=bank.team, key=uuid4(), amount=1, source="shop")).balance == 11
    await bank.assert_clean()
