"""The one place where a no becomes a card, and the last line of defence."""

import asyncio

import pytest

from bots.acknowledgement import a_form_follows, is_acknowledged, note_acknowledgement
from bots.run_use_case import DEADLINE_S, run_use_case
from core.db.errors import ACQUIRE_TIMEOUT_S, DatabaseAway, connection
from core.db.pool import open_pool
from core.domain.requests.refusals import PromptMissing
from core.replies.chat.card import Card
from core.replies.requests.refusals import broken, database_away, refused


async def _raises(error: Exception) -> str:
    raise error


async def _works() -> str:
    return "done"


async def test_a_result_passes() -> None:
    assert await run_use_case(_works(), what="video") == "done"


@pytest.mark.parametrize(
    ("error", "card"),
    [
        (PromptMissing(), refused(PromptMissing())),
        (DatabaseAway(unclear=False), database_away(unclear=False)),
        (DatabaseAway(unclear=True), database_away(unclear=True)),
        (ZeroDivisionError(), broken()),
    ],
)
async def test_every_failure_is_a_card(error: Exception, card: Card) -> None:
    assert await run_use_case(_raises(error), what="video") == card


@pytest.mark.parametrize("what", ["video", "cancel"])
async def test_what_takes_too_long_is_answered_in_time_and_nobody_claims_that_nothing_was_taken(what: str) -> None:
    card = await run_use_case(asyncio.Event().wait(), what=what, deadline_s=0.01)
    assert card == database_away(unclear=True)


@pytest.mark.parametrize("what", ["credits", "again"])
async def test_a_question_that_takes_too_long_has_taken_nothing(what: str) -> None:
    card = await run_use_case(asyncio.Event().wait(), what=what, deadline_s=0.01)
    assert card == database_away(unclear=False)


def test_the_deadline_leaves_time_for_the_way_there_and_back() -> None:
    assert DEADLINE_S < 2.5


@pytest.mark.parametrize("acknowledged", [True, False])
async def test_whoever_has_had_the_first_word_waits_for_a_busy_database(database: str, *, acknowledged: bool) -> None:
    async with open_pool(database, size_max=1) as pool:

        async def asked() -> int:
            async with connection(pool) as conn:
                found: int = await conn.fetchval("SELECT 1")
                return found

        async def ask() -> int | Card:
            if acknowledged:
                note_acknowledgement()
            return await run_use_case(asked(), what="credits")

        async with pool.acquire():
            asking = asyncio.create_task(ask())
            done, _ = await asyncio.wait({asking}, timeout=ACQUIRE_TIMEOUT_S + 0.5)
            assert bool(done) is not acknowledged
        assert await asking == (1 if acknowledged else database_away(unclear=False))


async def test_what_a_form_waits_for_is_quick_though_the_press_was_acknowledged() -> None:
    note_acknowledgement()
    with a_form_follows():
        assert not is_acknowledged()
    assert is_acknowledged()
