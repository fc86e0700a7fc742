"""The show under races: votes and entries are exact, and what begins or ends does so once."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.db.generations import announcements, contests, showings
from core.db.generations.announcements import AnnouncementKind
from core.db.generations.contests import EntryStatus
from core.db.generations.showings import VoteStatus
from core.db.people import rules
from core.domain.ids import GenerationId, Installation, MemberId, MessageId, PlatformName, Thread, UserId

CHAT, HERE, ELSEWHERE = PlatformName("chat"), Installation("here"), Installation("elsewhere")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
AT: dict[str, Any] = {"platform": CHAT, "installation": HERE}


async def _at(conn: Any, moment: datetime) -> None:
    await conn.execute("SELECT set_config('neverdark.now', $1, false)", moment.isoformat())


async def _made(
    conn: Any,
    user: str,
    *,
    prompt: str = "a fox",
    at: datetime = NOW,
    outcome: str = "succeeded",
    is_private: bool = False,
) -> UUID:
    """A finished video of somebody's."""
    member = await conn.fetchrow("SELECT * FROM ensure_member($1, $2, $3, 0, interval '1 month')", CHAT, HERE, user)
    number, request = uuid4(), {"prompt": prompt, "is_private": is_private}
    await conn.execute(
        """
        INSERT INTO generations (id, team_id, member_id, platform, installation, user_id, place, request, tier, chain,
                                 prices, state, outcome, start_by, consumed, settled, clip, created_at, done_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'p', $7, 'draft', '{}', '{}', 'done', $8, $9, 0, 0, $10, $9, $9)
        """,
        number, member["team_id"], member["member_id"], CHAT, HERE, user, json.dumps(request), outcome, at,
        json.dumps({"key": "k"}) if outcome == "succeeded" else None,
    )  # fmt: skip
    return number


async def _gallery(conn: Any) -> None:
    member = await conn.fetchrow("SELECT * FROM ensure_member($1, $2, 'admin', 0, interval '1 month')", CHAT, HERE)
    await showings.open_gallery(
        conn, **AT, place=Thread("wall"), is_adult=False, locale="de", by=MemberId(member["member_id"])
    )


async def _on_show(conn: Any, user: str, **made: Any) -> GenerationId:
    number = GenerationId(await _made(conn, user, **made))
    await showings.propose(conn, number, **AT, user=UserId(user), is_adult=False, is_spoiler=False)
    await showings.release(conn)
    for showing in await showings.claim(conn, limit=10):
        await showings.shown(conn, showing, place=showing.place, message=MessageId(f"m{showing.generation_id}"))
    return number


async def _contest(conn: Any, *, days: int = 7, starts_at: datetime = NOW) -> contests.Contest:
    await contests.plan(
        conn, **AT, title="Snow", must=(), starts_at=starts_at, ends_at=starts_at + timedelta(days=days), by=MemberId(1)
    )
    await showings.release(conn)
    found = await contests.current(conn, **AT)
    assert found is not None
    return found


@pytest.fixture
async def conn(pool: asyncpg.Pool) -> Any:
    async with pool.acquire() as one:
        await _at(one, NOW)
        yield one


async def test_two_hundred_votes_at_once_are_counted_to_the_vote(conn: Any, database: str) -> None:
    await _gallery(conn)
    number = await _on_show(conn, "ana")
    async with asyncpg.create_pool(database, min_size=12, max_size=12) as many:

        async def press(turn: int) -> VoteStatus:
            async with many.acquire() as one, one.transaction():
                return (await showings.vote(one, number, **AT, user=UserId(f"u{turn % 50}")))[0]

        pressed = Counter(await asyncio.gather(*(press(turn) for turn in range(150)), press(0)))
    # each of 50 people pressed three times: voted, taken back, voted; one a fourth time
    assert pressed == {VoteStatus.VOTED: 100, VoteStatus.TAKEN_BACK: 51}
    assert await conn.fetchval("SELECT votes FROM showing") == 49
    assert await conn.fetchval("SELECT count(*) FROM vote") == 49


STEPS = st.lists(st.sampled_from(["off", "on", "made", "made in private", "looked"]), max_size=12)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_nothing_comes_into_a_gallery_that_is_off_and_nothing_private_ever(conn: Any, steps: list[str]) -> None:
    async with as_if_never(conn):
        await _gallery(conn)
        is_off, waiting = False, set[UUID]()
        for step in steps:
            if step in {"off", "on"}:
                is_off = step == "off"
                value = '"off"' if is_off else None
                await rules.set_rule(conn, **AT, kind="gallery", subject="", value=value, author=MemberId(1))
            elif step == "looked":
                await showings.release(conn)
                claimed = {each.generation_id for each in await showings.claim(conn, limit=50)}
                assert claimed == (set() if is_off else waiting)
                waiting -= claimed
            else:
                number = GenerationId(await _made(conn, "ana", is_private=step == "made in private"))
                proposed = await showings.propose(
                    conn, number, **AT, user=UserId("ana"), is_adult=False, is_spoiler=False
                )
                assert proposed is (step == "made" and not is_off)
                waiting |= {number} if proposed else set()


@asynccontextmanager
async def as_if_never(conn: Any) -> AsyncIterator[None]:
    """What is done inside is taken back."""
    inside = conn.transaction()
    await inside.start()
    try:
        yield
    finally:
        await inside.rollback()


async def test_nobody_votes_for_their_own_or_from_elsewhere(conn: Any) -> None:
    await _gallery(conn)
    number = await _on_show(conn, "ana")
    assert await showings.vote(conn, number, **AT, user=UserId("ana")) == (VoteStatus.OWN, 0)
    stranger = await showings.vote(conn, number, platform=CHAT, installation=ELSEWHERE, user=UserId("ben"))
    assert stranger == (VoteStatus.UNKNOWN, 0)


async def test_of_twenty_entries_of_one_person_one_counts(conn: Any, database: str) -> None:
    await _gallery(conn)
    contest = await _contest(conn)
    made = [GenerationId(await _made(conn, "ana")) for _ in range(20)]
    async with asyncpg.create_pool(database, min_size=10, max_size=10) as many:

        async def enter(number: GenerationId) -> EntryStatus:
            async with many.acquire() as one:
                await _at(one, NOW)
                async with one.transaction():
                    return await contests.enter(
                        one, number, **AT, user=UserId("ana"), made_at=NOW, contest_id=contest.id
                    )

        entered = Counter(await asyncio.gather(*(enter(number) for number in made)))
    assert entered == {EntryStatus.OK: 1, EntryStatus.TWICE: 19}
    assert await conn.fetchval("SELECT count(*) FROM showing WHERE contest_id IS NOT NULL") == 1


async def test_a_contest_ends_once_with_the_first_of_the_best_and_its_votes_are_over(conn: Any, database: str) -> None:
    await _gallery(conn)
    contest = await _contest(conn)
    numbers = {}
    for user, votes in (("ana", 2), ("ben", 3), ("cleo", 3)):
        numbers[user] = await _on_show(conn, user)
        entered = await contests.enter(conn, numbers[user], **AT, user=UserId(user), made_at=NOW, contest_id=contest.id)
        assert entered is EntryStatus.OK
        for voter in range(votes):
            await showings.vote(conn, numbers[user], **AT, user=UserId(f"v{voter}"))
        await _at(conn, NOW + timedelta(minutes=len(numbers)))
    over = contest.ends_at + timedelta(seconds=1)
    async with asyncpg.create_pool(database, min_size=6, max_size=6) as many:

        async def look() -> None:
            async with many.acquire() as one:
                await _at(one, over)
                await showings.release(one)

        await asyncio.gather(*(look() for _ in range(12)))
    await _at(conn, over)
    said = await announcements.claim(conn, limit=10)
    kinds = Counter(each.kind for each in said)
    assert kinds == {
        AnnouncementKind.CONTEST_BEGINS: 1, AnnouncementKind.CONTEST_ENDS: 1, AnnouncementKind.BEST: 1,
    }  # fmt: skip
    (end,) = [each for each in said if each.kind is AnnouncementKind.CONTEST_ENDS]
    assert end.best == (numbers["ben"], numbers["cleo"], numbers["ana"])
    closed = await contests.load(conn, contest.id)
    assert closed is not None
    assert closed.winner == numbers["ben"]
    late = await showings.vote(conn, numbers["ana"], **AT, user=UserId("late"))
    assert late == (VoteStatus.OVER, 2)


async def test_the_weeks_best_comes_once_a_week_and_not_where_nobody_has_voted(conn: Any) -> None:
    await _gallery(conn)
    number = await _on_show(conn, "ana")
    for week, votes in ((1, 0), (2, 1)):
        if votes:
            await conn.execute("UPDATE showing SET shown_at = $1", NOW + timedelta(days=8))
            await showings.vote(conn, number, **AT, user=UserId("ben"))
        await _at(conn, NOW + timedelta(days=7 * week, seconds=week))
        for _ in range(2):
            await showings.release(conn)
        said = [each.best for each in await announcements.claim(conn, limit=10)]
        assert said == ([(number,)] if votes else [])


@pytest.mark.parametrize(
    ("adult_channel", "adult_gallery", "is_proposed"), [(True, False, False), (True, True, True), (False, True, True)]
)
async def test_what_was_made_for_adults_comes_into_no_other_gallery(
    adult_channel: bool,  # noqa: FBT001 - a parameter of the test
    adult_gallery: bool,  # noqa: FBT001 - a parameter of the test
    is_proposed: bool,  # noqa: FBT001 - a parameter of the test
    conn: Any,
) -> None:
    await _gallery(conn)
    await conn.execute("UPDATE gallery SET is_adult = $1", adult_gallery)
    number = GenerationId(await _made(conn, "ana"))
    proposed = await showings.propose(conn, number, **AT, user=UserId("ana"), is_adult=adult_channel, is_spoiler=False)
    assert proposed is is_proposed


async def test_what_its_person_takes_out_goes_and_does_not_come_back(conn: Any) -> None:
    await _gallery(conn)
    number = await _on_show(conn, "ana")
    assert await showings.withdraw(conn, number, **AT, user=UserId("ben")) is False
    assert await showings.withdraw(conn, number, **AT, user=UserId("ana"))
    (leaving,) = await showings.claim(conn, limit=10)
    assert (leaving.place, leaving.leaving) == (Thread("wall"), f"m{number}")
    await showings.put_off(conn, leaving, in_s=None)
    assert await showings.withdraw(conn, number, **AT, user=UserId("ana")) is False
    await showings.propose(conn, number, **AT, user=UserId("ana"), is_adult=False, is_spoiler=False)
    await showings.release(conn)
    assert await showings.claim(conn, limit=10) == []
    deleted = await _on_show(conn, "ana")
    await conn.execute("UPDATE generations SET deleted_at = nd_now() WHERE id = $1", deleted)
    await showings.release(conn)
    assert [each.leaving for each in await showings.claim(conn, limit=10)] == [f"m{deleted}"]
    failed = GenerationId(await _made(conn, "ana", outcome="failed"))
    await showings.propose(conn, failed, **AT, user=UserId("ana"), is_adult=False, is_spoiler=False)
    await showings.release(conn)
    assert await showings.claim(conn, limit=10) == []


async def test_a_gallery_that_is_off_takes_nothing_more_and_what_is_on_its_way_waits(conn: Any) -> None:
    await _gallery(conn)
    author = await conn.fetchval("SELECT max(id) FROM member")
    waits = GenerationId(await _made(conn, "ana"))
    assert await showings.propose(conn, waits, **AT, user=UserId("ana"), is_adult=False, is_spoiler=False)
    await showings.release(conn)
    await rules.set_rule(conn, **AT, kind="gallery", subject="", value='"off"', author=author)
    later = GenerationId(await _made(conn, "ana"))
    assert not await showings.propose(conn, later, **AT, user=UserId("ana"), is_adult=False, is_spoiler=False)
    assert await showings.claim(conn, limit=10) == []
    await rules.set_rule(conn, **AT, kind="gallery", subject="", value=None, author=author)
    assert [each.generation_id for each in await showings.claim(conn, limit=10)] == [waits]


async def test_a_video_of_a_private_channel_comes_into_no_gallery(conn: Any) -> None:
    await _gallery(conn)
    number = GenerationId(await _made(conn, "ana"))
    await conn.execute("UPDATE generations SET request = request || '{\"is_private\": true}' WHERE id = $1", number)
    assert not await showings.propose(conn, number, **AT, user=UserId("ana"), is_adult=False, is_spoiler=False)
