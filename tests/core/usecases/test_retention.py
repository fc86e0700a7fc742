"""After an erasure nothing of a person is left anywhere, and what is too old goes by itself; the ledger stays whole."""

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from core.db.credits import budgets, credit_alerts, statements, workspace_links
from core.db.generations import claims, clip_links
from core.db.people import teams
from core.db.pool import Pool
from core.domain.chat.principal import Principal
from core.domain.credits.money import BudgetPeriod, BudgetScope
from core.domain.errors import NotStored
from core.domain.generations.generation import State
from core.domain.ids import ChannelId, GenerationId, Installation, Thread, UserId
from core.domain.requests.request import VideoRequest
from core.storage import ObjectStorage
from core.usecases.credits.statement import history
from core.usecases.people.settings import choose
from core.usecases.requests.again import again
from core.usecases.requests.submit import VideoCommand, submit
from core.usecases.retention import UNASKED_DAYS, Erased, Scrubbed, erase, forget_pictures, scrub
from tests.core.terms import terms
from tests.places import workspace

Ask = Callable[..., VideoCommand]
TERMS = terms(free_credits=5000)
MARK = "zqmarkerzq"
"""In everything that the person gives or is called."""
PERSON = UserId(f"U0{MARK}")
HERE = workspace("slack", "T1")
DAYS = 90
CANCELLED = (
    "UPDATE generations SET state = 'done', outcome = 'cancelled', settled = 0, done_at = nd_now(), wake_at = NULL"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "clips-of-all"


@pytest.fixture
def storage(folder: Path) -> ObjectStorage:
    return ObjectStorage(f"file://{folder}")


async def _put(storage: ObjectStorage, key: str, folder: Path) -> str:
    file = folder.parent / "file"
    file.write_text(f"{MARK} {key}")
    await storage.put(key, file, content_type="video/mp4")
    return key


async def _over(
    house: Pool,
    storage: ObjectStorage,
    folder: Path,
    asked: VideoCommand,
    *,
    age_days: float = 0,
    open_attempt: bool = False,
) -> GenerationId:
    """A generation that went through everything: pictures, attempts, messages, a link, an alert, a late video."""
    submitted = await submit(asked, pool=house, terms=TERMS, owner="bot")
    key = submitted.generation_id
    for name in ("1.mp4", "1.jpg", "2.mp4"):
        await _put(storage, f"clips/{key}/{name}", folder)
    clip = {"key": f"clips/{key}/1.mp4", "sha256": "0" * 64, "size": 1, "width": 2, "height": 2, "duration_s": 1.0}
    async with house.acquire() as conn, conn.transaction():
        await conn.execute(
            "INSERT INTO attempts (generation_id, n, route, provider, model, external_id, fitted, state, "
            "send_deadline, provider_task_id, result, error_detail, clip, wake_at) VALUES ($1, 1, 'veo.vertex', 'veo', "
            "'m', gen_random_uuid(), '{}', $2, nd_now(), $3, $4, $5, $6, $7)",
            key, "late" if open_attempt else "succeeded", f"task-{MARK}-{key}", {"url": f"https://v/{MARK}"},
            f"“{MARK}” is not allowed", clip, await conn.fetchval("SELECT nd_now()") if open_attempt else None,
        )  # fmt: skip
        await conn.execute(
            "UPDATE generations SET state = 'done', outcome = 'succeeded', settled = consumed, winner_attempt = 1, "
            "clip = $2, plan = $3, reason = $3, thread = $4, done_at = nd_now() - $5::interval, channel = 'C1' "
            "WHERE id = $1",
            key, clip, {"why": MARK}, f"thread-{MARK}", timedelta(days=age_days),
        )  # fmt: skip
        await conn.execute("SELECT settle_credits($1, (SELECT consumed FROM generations WHERE id = $1), 'x')", key)
        await conn.execute(
            "UPDATE deliveries SET memory = $2, thread = $3, digest = $3, message_id = $3 WHERE generation_id = $1",
            key, {"file": MARK}, MARK,
        )  # fmt: skip
        await conn.execute(
            "INSERT INTO step_log (generation_id, worker, fence, step, outcome, facts) "
            "VALUES ($1, 'w', 1, 's', 'o', $2)",
            key,
            {"said": MARK},
        )
        await clip_links.ensure(conn, key, days=30)
    return key


async def _left(administrator: asyncpg.Connection, folder: Path, mark: str = MARK) -> list[str]:
    """Where the mark still stands: the tables with such a row, the files with it inside or in their names."""
    found = []
    for (table,) in await administrator.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        query = f"SELECT t::text FROM (SELECT row_to_json(t)::text AS t FROM {table} t) t"  # noqa: S608 - a name of ours
        query += " WHERE t LIKE '%' || $1 || '%'"
        found += [f"{table}: {row[0]}" for row in await administrator.fetch(query, mark)]
    return found + [str(path) for path in _files(folder) if mark in f"{path} {path.read_text()}"]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def _erase(house: Pool, storage: ObjectStorage, **changed: Any) -> Erased:
    who: dict[str, Any] = {"platform": HERE["platform"], "installation": None, "user": PERSON}
    return await erase(**(who | changed), actor="operator", pool=house, storage=storage, days=DAYS)


async def _besides(administrator: asyncpg.Connection) -> None:
    """What a person leaves besides videos: plans, votes, entries of a gallery, purchases, a rule about them."""
    here = (HERE["platform"], HERE["installation"], PERSON)
    await administrator.execute(
        "INSERT INTO scheduled (id, platform, installation, user_id, command, zone, due_at) "
        "VALUES (gen_random_uuid(), $1, $2, $3, to_jsonb($4::text), 'UTC', nd_now())", *here, MARK,
    )  # fmt: skip
    await administrator.execute(
        "INSERT INTO rules (platform, installation, kind, subject, value, author) "
        "VALUES ($1, $2, 'person', $3, 'true', 1)",
        *here,
    )
    await administrator.execute(
        "INSERT INTO showing (generation_id, platform, installation, user_id) "
        "SELECT id, $1, $2, $3 FROM generations LIMIT 1", *here,
    )  # fmt: skip
    await administrator.execute(
        "INSERT INTO vote (generation_id, user_id) SELECT generation_id, $1 FROM showing", PERSON
    )
    await administrator.execute(
        "INSERT INTO purchase (platform, external_id, sku, buyer, installation) VALUES ($1, 'e1', 'sku', $3, $2)", *here
    )
    await administrator.execute(
        "INSERT INTO app_installation (platform, installation, facts, sealed) "
        "VALUES ($1, $2, jsonb_build_object('user_id', $3::text, 'team_name', 'Town'), 'x')", *here,
    )  # fmt: skip
    await administrator.execute(
        "INSERT INTO purchase_intent (platform, user_id, installation) VALUES ($1, $3, $2)", *here
    )


def _asked(ask: Ask, n: int, **changed: Any) -> VideoCommand:
    request = VideoRequest(
        prompt=f"a fox {MARK}",
        negative=f"no {MARK}",
        first_frame=f"pictures/{MARK}-{n}.jpg",
        last_frame=f"pictures/{MARK}-last.jpg",
    )
    given = {"user": PERSON, "event": f"e{n}", "place": Thread(f"place-{MARK}"), "request": request}
    return ask(**(given | changed))


async def test_after_an_erasure_nothing_of_the_person_is_left(
    house: Pool, asked: Ask, administrator: asyncpg.Connection, storage: ObjectStorage, folder: Path
) -> None:
    for n in range(3):
        await _put(storage, f"pictures/{MARK}-{n}.jpg", folder)
        await _over(house, storage, folder, _asked(asked, n))
    await _put(storage, f"pictures/{MARK}-last.jpg", folder)
    await _over(house, storage, folder, _asked(asked, 7, installation=Installation("T2")))
    async with house.acquire() as conn:
        me = await teams.ensure(conn, **HERE, user=PERSON)
        await budgets.set_budget(
            conn,
            team_id=me.team_id,
            scope=BudgetScope.MEMBER,
            subject=str(me.member_id),
            period=BudgetPeriod.MONTH,
            cap=4000,
        )
        await workspace_links.link(conn, team_id=me.team_id, member=me.member_id)
        await budgets.set_alerts(conn, team_id=me.team_id, low_balance=0, **HERE, channel=ChannelId("C1"))
        await budgets.set_approval(conn, team_id=me.team_id, above=1)
    waiting = await submit(_asked(asked, 8), pool=house, terms=TERMS, owner="bot")
    async with house.acquire() as conn:
        assert await conn.fetchval("SELECT count(*) FROM alert WHERE generation_id = $1", waiting.generation_id) == 1
        await conn.execute(f"{CANCELLED} WHERE id = $1", waiting.generation_id)
    await _besides(administrator)
    before = await _left(administrator, folder)
    assert {
        "generations", "attempts", "deliveries", "step_log", "member", "scheduled", "rules", "showing", "vote",
        "purchase", "purchase_intent", "app_installation",
    } <= {each.split(":")[0] for each in before}  # fmt: skip
    entries = await administrator.fetch("SELECT * FROM entry ORDER BY team_id, seq")

    done = await _erase(house, storage)
    assert (done.members, done.scrubbed) == (2, Scrubbed(generations=5, left=0))
    assert await _left(administrator, folder) == []
    assert _files(folder) == []
    assert await administrator.fetch("SELECT * FROM entry ORDER BY team_id, seq") == entries
    async with house.acquire() as conn:
        assert await statements.check(conn) == []
        assert await conn.fetchval("SELECT count(*) FROM erasure WHERE done_at IS NULL") == 0
    again_done = await _erase(house, storage)
    assert (again_done.members, again_done.scrubbed.generations) == (0, 0)


async def test_others_keep_theirs_and_a_picture_that_two_gave_stays_for_the_other(
    house: Pool, asked: Ask, administrator: asyncpg.Connection, storage: ObjectStorage, folder: Path
) -> None:
    shared = await _put(storage, "pictures/shared.jpg", folder)
    request = VideoRequest(prompt="of ben", first_frame=shared)
    bens = await _over(house, storage, folder, asked(user=UserId("ben"), event="ben", request=request))
    await _over(house, storage, folder, _asked(asked, 1, request=VideoRequest(prompt=MARK, first_frame=shared)))
    await _erase(house, storage)
    assert await storage.read(shared)
    assert await storage.read(f"clips/{bens}/1.mp4")
    by = Principal(**HERE, user=UserId("ben"), is_admin=False)
    assert (await again(bens, by=by, pool=house)).prompt == "of ben"
    await _erase(house, storage, user=UserId("ben"))
    assert _files(folder) == []


async def test_references_go_with_their_request_and_stay_for_another(
    house: Pool, asked: Ask, storage: ObjectStorage, folder: Path
) -> None:
    shared = await _put(storage, "pictures/shared.jpg", folder)
    own = await _put(storage, "pictures/own.jpg", folder)
    theirs = VideoRequest(prompt="of ben", references=(shared,))
    await _over(house, storage, folder, asked(user=UserId("ben"), event="ben", request=theirs))
    await _over(house, storage, folder, _asked(asked, 1, request=VideoRequest(prompt=MARK, references=(shared, own))))
    await _erase(house, storage)
    assert await storage.read(shared)
    with pytest.raises(NotStored):
        await storage.read(own)
    await _erase(house, storage, user=UserId("ben"))
    assert _files(folder) == []


async def test_a_person_in_direct_messages_gives_their_name_to_nothing(
    house: Pool, asked: Ask, administrator: asyncpg.Connection, storage: ObjectStorage, folder: Path
) -> None:
    alone = workspace("discord", f"user:{PERSON}")
    await _over(house, storage, folder, _asked(asked, 1, **alone))
    await choose(Principal(**alone, user=PERSON, is_admin=True), setting="keep", value="5", pool=house, terms=TERMS)
    async with house.acquire() as conn:
        me = await teams.ensure(conn, **alone, user=PERSON)
        await budgets.set_alerts(conn, team_id=me.team_id, low_balance=4999, **alone, channel=ChannelId(MARK))
        await credit_alerts.note(conn, me.team_id)
    await _erase(house, storage, platform=alone["platform"])
    assert await _left(administrator, folder) == []
    async with house.acquire() as conn:
        assert await statements.check(conn) == []


async def test_what_is_under_way_is_cancelled_and_goes_when_it_is_over(
    house: Pool, asked: Ask, administrator: asyncpg.Connection, storage: ObjectStorage, folder: Path
) -> None:
    submitted = await submit(_asked(asked, 1), pool=house, terms=TERMS, owner="bot")
    done = await _erase(house, storage)
    assert (done.members, done.scrubbed) == (1, Scrubbed(generations=0, left=1))
    async with house.acquire() as conn:
        row = await claims.load(conn, submitted.generation_id)
        assert row is not None
        assert (row.user_id, row.cancel_requested_at is None, row.state) == (None, False, State.QUEUED)
        await conn.execute(CANCELLED)
    assert await scrub(pool=house, storage=storage, days=DAYS) == Scrubbed(generations=1, left=0)
    assert await _left(administrator, folder) == []


async def test_a_late_attempt_is_watched_to_its_end_and_its_video_goes_then(
    house: Pool, asked: Ask, administrator: asyncpg.Connection, storage: ObjectStorage, folder: Path
) -> None:
    key = await _over(house, storage, folder, _asked(asked, 1), open_attempt=True)
    assert (await _erase(house, storage)).scrubbed == Scrubbed(generations=1, left=1)
    left = await _left(administrator, folder)
    assert [each.split(":")[0] for each in left] == ["attempts"], "the vendor's name for the task is needed to end it"
    await _put(storage, f"clips/{key}/3.mp4", folder)
    await house.execute("UPDATE attempts SET state = 'succeeded', wake_at = NULL")
    assert await scrub(pool=house, storage=storage, days=DAYS) == Scrubbed(generations=1, left=0)
    assert await _left(administrator, folder) == []


@pytest.mark.parametrize(
    ("chosen", "kept"),
    [(None, {1, 30, 89}), ("30", {1}), ("365", {1, 30, 89, 91}), ("default", {1, 30, 89})],
)
async def test_each_workspace_keeps_things_for_as_long_as_it_wants(
    house: Pool, asked: Ask, storage: ObjectStorage, folder: Path, chosen: str | None, kept: set[int]
) -> None:
    admin = Principal(**HERE, user=UserId("ada"), is_admin=True)
    by_age = {}
    for age in (1, 30, 89, 91):
        by_age[age] = await _over(house, storage, folder, asked(event=str(age)), age_days=age + 0.01)
    elsewhere = await _over(
        house, storage, folder, asked(event="x", installation=Installation("T9")), age_days=DAYS - 1
    )
    if chosen is not None:
        await choose(admin, setting="keep", value=chosen, pool=house, terms=TERMS)
    await scrub(pool=house, storage=storage, days=DAYS)
    left = await house.fetch("SELECT id FROM generations WHERE scrubbed_at IS NULL AND request ->> 'prompt' <> ''")
    assert {row["id"] for row in left} == {by_age[age] for age in kept} | {elsewhere}
    files = {path.parent.name for path in _files(folder)}
    assert files == {str(row["id"]) for row in left}
    page = await history(admin, before=None, pool=house, terms=TERMS)
    assert len(page.lines) >= 4, "what was spent is told for ever"


async def test_batches_are_bounded_and_a_second_call_goes_on(
    house: Pool, asked: Ask, storage: ObjectStorage, folder: Path
) -> None:
    for n in range(5):
        await _over(house, storage, folder, asked(event=str(n)), age_days=DAYS + 1)
    counts = [(await scrub(pool=house, storage=storage, days=DAYS, limit=2)).generations for _ in range(4)]
    assert counts == [2, 2, 1, 0]


async def test_two_at_once_and_one_that_died_in_between_do_no_harm(
    house: Pool, asked: Ask, administrator: asyncpg.Connection, storage: ObjectStorage, folder: Path
) -> None:
    for n in range(4):
        await _over(house, storage, folder, _asked(asked, n))
    await storage.delete_below("clips/")  # what a process did that died before it wrote
    await asyncio.gather(*(_erase(house, storage) for _ in range(3)))
    assert await _left(administrator, folder) == []
    async with house.acquire() as conn:
        assert await statements.check(conn) == []


async def test_a_picture_that_was_never_asked_for_goes_after_its_days_and_no_other(
    house: Pool, asked: Ask, storage: ObjectStorage, folder: Path
) -> None:
    now = datetime.now(UTC)
    keys = [await _put(storage, f"pictures/{name}.jpg", folder) for name in ("first", "last", "old", "new", "scrubbed")]
    first, last, *_, scrubbed = keys
    await submit(
        asked(event="1", request=VideoRequest(prompt="a fox", first_frame=first, last_frame=last)),
        pool=house, terms=TERMS, owner="bot",
    )  # fmt: skip
    over = await _over(house, storage, folder, asked(event="2", request=VideoRequest(prompt="b", first_frame=scrubbed)))
    await house.execute("UPDATE generations SET scrubbed_at = nd_now() WHERE id = $1", over)
    for key in set(keys) - {"pictures/new.jpg"}:
        at = (now - timedelta(days=UNASKED_DAYS, hours=1)).timestamp()
        os.utime(folder / key, (at, at))
    assert await forget_pictures(now=now, pool=house, storage=storage) == 2
    left = {path.stem for path in (folder / "pictures").iterdir()}
    assert left == {"first", "last", "new"}
    assert await forget_pictures(now=now, pool=house, storage=storage) == 0
