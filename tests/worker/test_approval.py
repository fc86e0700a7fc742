"""A video that asks an admin first: the thread asks, and it starts, or ends at no cost, as was decided."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from core.db.credits import budgets, credit_alerts
from core.db.generations import claims
from core.db.people import teams
from core.domain.chat.principal import Principal
from core.domain.generations.generation import Generation, Outcome, State
from core.domain.ids import ChannelId, Installation, MessageId, Thread, UserId
from core.replies.chat.card import Card, plain
from core.replies.generations.progress import progress
from core.usecases.generations.cancel import cancel
from core.usecases.requests.approve import approve, decline
from tests.rows import one_row
from tests.worker.sim import ANA, CREDITS, PLATFORM, Sim, world
from tests.worker.strangers import Message
from worker import alerts
from worker.card_view import load_view

ADMIN = Principal(platform=PLATFORM, installation=Installation("w"), user=UserId("ada"), is_admin=True)
ADMINS = "admins"
ENDS = {
    "approved": "Approved: it takes up to",
    "declined": "Declined: nothing was taken",
    "lapsed": "No admin decided in time",
    "cancelled": "Cancelled before an admin decided",
}
ASKS, DECLINED, LATE = "An admin has to approve this", "An admin declined this video", "No admin decided in time"


@pytest_asyncio.fixture
async def sim(database: str, tmp_path: Path, clip: Path) -> AsyncIterator[Sim]:
    """A team that asks above 10 credits."""
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as one, one.pool.acquire() as conn:
        who = await teams.ensure(
            conn, platform=PLATFORM, installation=ADMIN.installation, user=ANA, free_credits=CREDITS
        )
        await budgets.set_approval(conn, team_id=who.team_id, above=10)
        await budgets.set_alerts(
            conn, team_id=who.team_id, low_balance=0, platform=PLATFORM, installation=ADMIN.installation,
            channel=ChannelId(ADMINS),
        )  # fmt: skip
        yield one


async def _hours_pass(sim: Sim, hours: float) -> None:
    """Do what is due meanwhile, and nothing that is due later."""
    end = sim.world.now + timedelta(hours=hours)
    for _ in range(60):
        row = await one_row(
            sim.admin, "SELECT min(wake_at) AS at FROM deliveries WHERE state = 'due' AND wake_at <= $1", end
        )
        if row["at"] is None:
            break
        await sim.world.move_to(row["at"])
        await sim._work(2)


async def _row(sim: Sim) -> Generation:
    async with sim.pool.acquire() as conn:
        found = await claims.load(conn, sim.id)
    assert found is not None
    return found


def _titles(sim: Sim) -> list[str]:
    return [
        m.title for thread, messages in sim.chat.threads.items() if thread not in {sim.place, ADMINS} for m in messages
    ]


async def _books(sim: Sim) -> tuple[int, int]:
    team = await sim.admin.fetchval("SELECT team_id FROM generations")
    funds = await one_row(sim.admin, "SELECT * FROM credit_balance($1)", team)
    assert await sim.admin.fetch("SELECT * FROM check_ledger(NULL)") == []
    return funds["balance"], funds["held"]


async def test_the_thread_asks_and_no_vendor_is_asked_anything(sim: Sim) -> None:
    await sim.ask()
    await _hours_pass(sim, 1)
    (title,) = _titles(sim)
    assert title.startswith(ASKS)
    assert sim.tasks == 0
    assert await _books(sim) == (CREDITS, 0)


async def test_once_approved_it_is_made_and_paid_like_any_other(sim: Sim) -> None:
    await sim.ask()
    await _hours_pass(sim, 1)
    await approve(sim.id, by=ADMIN, pool=sim.pool, terms=sim.terms)
    await sim.run()
    row = await _row(sim)
    assert (row.state, row.outcome, row.settled) == (State.DONE, Outcome.SUCCEEDED, row.quoted)
    assert await _books(sim) == (CREDITS - row.quoted, 0)
    assert sim.tasks == 1
    assert not any(title.startswith(ASKS) for title in _titles(sim)), "the question is gone from the thread"


async def test_once_declined_the_thread_says_so_and_nothing_was_taken(sim: Sim) -> None:
    await sim.ask()
    await _hours_pass(sim, 1)
    await decline(sim.id, by=ADMIN, pool=sim.pool, terms=sim.terms)
    await sim.run()
    row = await _row(sim)
    assert (row.state, row.outcome, row.settled) == (State.DONE, Outcome.CANCELLED, 0)
    assert _titles(sim) == [DECLINED], "nothing is said twice"
    assert (sim.tasks, await _books(sim)) == (0, (CREDITS, 0))


async def test_when_nobody_decides_it_ends_by_itself_and_politely(sim: Sim) -> None:
    await sim.ask()
    began = sim.world.now
    await sim.run()
    row = await _row(sim)
    assert (row.state, row.outcome) == (State.DONE, Outcome.CANCELLED)
    assert sim.world.now - began >= timedelta(seconds=sim.terms.approve_by_s)
    assert _titles(sim) == [LATE]
    assert (sim.tasks, await _books(sim)) == (0, (CREDITS, 0))


async def test_whoever_asked_may_give_up_waiting(sim: Sim) -> None:
    await sim.ask()
    await _hours_pass(sim, 1)
    await cancel(sim.id, by=sim.ana, pool=sim.pool)
    await sim.run()
    assert (await _row(sim)).outcome is Outcome.CANCELLED
    assert _titles(sim) == ["Cancelled"]
    assert (sim.tasks, await _books(sim)) == (0, (CREDITS, 0))


async def _question(sim: Sim) -> Message:
    """What stands in the alerts channel; it was said once."""
    await alerts.once(sim.ctx)
    (message,) = sim.chat.threads[Thread(ADMINS)]
    return message


@pytest.mark.parametrize("is_up", [True, False], ids=["posted before", "posted after"])
@pytest.mark.parametrize(("how", "title"), ENDS.items())
async def test_the_question_in_the_alerts_channel_becomes_the_answer(
    sim: Sim, how: str, title: str, *, is_up: bool
) -> None:
    await sim.ask()
    if is_up:
        asked = await _question(sim)
        assert "waits for an admin" in asked.title
        assert [button for button, _ in asked.buttons][:2] == ["Approve", "Decline"]
        assert str(ANA) in plain(asked.card)
        assert "a fox" in plain(asked.card)
    if how == "approved":
        await approve(sim.id, by=ADMIN, pool=sim.pool, terms=sim.terms)
    elif how == "declined":
        await decline(sim.id, by=ADMIN, pool=sim.pool, terms=sim.terms)
    elif how == "cancelled":
        await cancel(sim.id, by=sim.ana, pool=sim.pool)
    await sim.run()
    answer = (await _question(sim)).card
    assert answer.title.startswith(title)
    assert (f"by @{ADMIN.user}" in plain(answer)) is (how in {"approved", "declined"})
    assert answer.buttons == ()
    assert "a fox" in plain(answer)


async def test_a_question_that_is_decided_while_it_is_posted_is_edited_after_all(sim: Sim) -> None:
    await sim.ask()
    async with sim.pool.acquire() as conn:
        (alert,) = await credit_alerts.claim_due(conn, limit=5)
    await approve(sim.id, by=ADMIN, pool=sim.pool, terms=sim.terms)
    await sim.chat.post(alert.place, Card(title="A video waits for an admin"), key=alert.key)
    async with sim.pool.acquire() as conn:
        assert not await credit_alerts.said(conn, alert, message_id=MessageId("1")), "somebody decided meanwhile"
    assert (await _question(sim)).card.title.startswith(ENDS["approved"])


async def test_the_thread_says_who_has_let_it_go_while_it_is_made(sim: Sim) -> None:
    await sim.ask()
    await _hours_pass(sim, 1)
    await approve(sim.id, by=ADMIN, pool=sim.pool, terms=sim.terms)
    view = await load_view(sim.id, sim.ctx)
    assert f"Approved by @{ADMIN.user}" in plain(progress(view))
    await sim.admin.execute("UPDATE member SET user_id = NULL WHERE user_id = $1", ADMIN.user)
    assert "Approved by" not in plain(progress(await load_view(sim.id, sim.ctx)))
