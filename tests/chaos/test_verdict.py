"""The verdict finds what it is there to find: each kind of wrong, made by hand in an otherwise sound database."""

from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from core.db.pool import prepare
from tests.chaos.people import Told
from tests.chaos.verdict import judge
from tests.databases import as_an_administrator

PROMPT = "fox number 00001"
TASKS = {"seedance": {"cgt-1": PROMPT}}
GENERATION = uuid4()


@pytest.fixture
async def conn(database: str) -> Any:
    """One generation that was delivered, paid and said, in a ledger that is whole."""
    conn: Any = await asyncpg.connect(as_an_administrator(database))
    await prepare(conn)
    row = await conn.fetchrow("SELECT * FROM ensure_member('p', 'w', 'u', 1000, '1 month')")
    await conn.execute(
        "SELECT consume_credits_atomic($1, $2, 30, $3, 'c', 'n')", row["team_id"], GENERATION, row["member_id"]
    )
    await conn.execute("SELECT settle_credits($1, 20, 'n')", GENERATION)
    await conn.execute(
        "INSERT INTO generations (id, team_id, member_id, platform, installation, place, request, tier, chain, prices, "
        "state, outcome, start_by, consumed, settled, done_at, winner_attempt) VALUES ($1, $2, $3, 'p', 'w', 'c', $4, "
        "'pro', '{seedance}', $5, 'done', 'succeeded', nd_now(), 30, 20, nd_now(), 1)",
        GENERATION, row["team_id"], row["member_id"], {"prompt": PROMPT}, {"seedance": 20},
    )  # fmt: skip
    await conn.execute(
        "INSERT INTO attempts (generation_id, n, route, provider, model, external_id, fitted, state, provider_task_id, "
        "send_deadline, settled) VALUES ($1, 1, 'r', 'seedance', 'm', $1, '{}', 'succeeded', 'cgt-1', nd_now(), true)",
        GENERATION,
    )
    await conn.executemany(
        "INSERT INTO deliveries (generation_id, kind, key, state, message_id) "
        "VALUES ($1, $2, gen_random_uuid(), 'done', $2)",
        [(GENERATION, kind) for kind in ("root", "progress", "result")],
    )
    yield conn
    await conn.close()


def said(*messages: Told) -> list[Told]:
    return [Told(id="root", text=PROMPT, files=0, thread=messages or (RESULT,))]


RESULT = Told(id="result", text="ready", files=1)


async def test_what_went_well_is_clean(conn: Any) -> None:
    verdict = await judge(conn, said(), TASKS)
    assert verdict.is_clean, verdict
    assert verdict.outcomes == {"succeeded": 1}


async def test_a_promise_that_nobody_knows_of_is_lost(conn: Any) -> None:
    verdict = await judge(conn, [*said(), Told(id="x", text="fox number 00002", files=0)], TASKS)
    assert len(verdict.lost) == 1


async def test_a_refusal_that_gives_the_words_back_promises_nothing(conn: Any) -> None:
    refusal = "I cannot do this right now. Nothing was taken. Here is what you typed: fox number 00002"
    assert (await judge(conn, [*said(), Told(id="x", text=refusal, files=0)], TASKS)).is_clean


async def test_a_last_word_that_is_not_in_its_thread_is_lost(conn: Any) -> None:
    assert len((await judge(conn, said(Told(id="other", text="…", files=0)), TASKS)).lost) == 1


async def test_a_last_word_beside_its_thread_or_directly_is_an_end_too(conn: Any) -> None:
    root = Told(id="root", text=PROMPT, files=0)
    for text in ("ready", f"Your video: {PROMPT}"):
        assert (await judge(conn, [root, Told(id="result", text=text, files=1)], TASKS)).is_clean


async def test_a_second_file_beside_its_thread_is_doubled(conn: Any) -> None:
    await conn.execute("UPDATE deliveries SET message_id = 'again' WHERE kind = 'progress'")
    again = Told(id="again", text="ready", files=1)
    assert len((await judge(conn, [*said(), again], TASKS)).doubled) == 1


async def test_a_second_file_and_a_second_root_are_doubled(conn: Any) -> None:
    twice = said(RESULT, Told(id="again", text="ready", files=1))
    assert len((await judge(conn, twice, TASKS)).doubled) == 2
    assert len((await judge(conn, said() * 2, TASKS)).doubled) >= 1


async def test_a_task_that_nobody_knows_of_is_a_second_submit(conn: Any) -> None:
    tasks = {"seedance": {"cgt-1": PROMPT, "cgt-2": PROMPT}}
    assert len((await judge(conn, said(), tasks)).doubled) == 1
    await conn.execute(
        "INSERT INTO attempts (generation_id, n, route, provider, model, external_id, fitted, state, send_deadline) "
        "VALUES ($1, 2, 'r', 'seedance', 'm', gen_random_uuid(), '{}', 'abandoned', nd_now())",
        GENERATION,
    )
    assert (await judge(conn, said(), tasks)).is_clean, "it is on the operator's list"


async def test_another_price_than_the_delivered_one_is_wrongly_charged(conn: Any) -> None:
    await conn.execute("UPDATE generations SET prices = $1", {"seedance": 25})
    assert len((await judge(conn, said(), TASKS)).wrongly_charged) == 1


async def test_credits_taken_for_nothing_are_wrongly_charged_and_stuck(conn: Any) -> None:
    row = await conn.fetchrow("SELECT team_id, member_id FROM generations")
    await conn.execute(
        "SELECT consume_credits_atomic($1, $2, 5, $3, 'c', 'n')", row["team_id"], uuid4(), row["member_id"]
    )
    verdict = await judge(conn, said(), TASKS)
    assert (len(verdict.wrongly_charged), len(verdict.stuck)) == (1, 1)


async def test_what_is_not_done_is_stuck(conn: Any) -> None:
    await conn.execute("UPDATE generations SET state = 'delivering', done_at = NULL")
    assert len((await judge(conn, said(), TASKS)).stuck) == 1
