"""Cancelling, asking again, the balance, and the root message that the bot has posted."""

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest

from core.db.generations import claims, deliveries
from core.db.pool import Pool
from core.domain.chat.principal import Principal
from core.domain.generations.generation import Generation
from core.domain.ids import Installation, MessageId, PlatformName, Thread, UserId
from core.domain.requests.refusals import NotYours, TooLate, UnknownGeneration
from core.domain.requests.request import VideoRequest
from core.usecases.credits.balance import balance
from core.usecases.generations import root
from core.usecases.generations.cancel import cancel
from core.usecases.requests.again import again
from core.usecases.requests.submit import Submitted, VideoCommand, submit
from tests.core.terms import terms

Ask = Callable[..., VideoCommand]
FREE = 1000
TERMS = terms(free_credits=FREE)
ANA, BEN = (
    Principal(platform=PlatformName("slack"), installation=Installation("T1"), user=UserId(name), is_admin=False)
    for name in ("ana", "ben")
)
ADMIN = replace(BEN, is_admin=True)


async def _submit(asked: VideoCommand, house: Pool) -> Submitted:
    return await submit(asked, pool=house, terms=TERMS, owner="bot")


async def _row(house: Pool, submitted: Submitted) -> Generation:
    async with house.acquire() as conn:
        found = await claims.load(conn, submitted.generation_id)
    assert found is not None
    return found


async def test_whoever_asked_may_cancel_and_the_worker_is_told_at_once(house: Pool, asked: Ask) -> None:
    submitted = await _submit(asked(), house)
    before = await _row(house, submitted)
    asked_to_stop = await cancel(submitted.generation_id, by=ANA, pool=house)
    assert asked_to_stop.cancel_requested_at is not None
    assert asked_to_stop.version > before.version
    assert await house.fetchval("SELECT wake_at <= nd_now() FROM generations")


async def test_cancelling_twice_keeps_the_first_wish(house: Pool, asked: Ask) -> None:
    submitted = await _submit(asked(), house)
    first, second = [await cancel(submitted.generation_id, by=ANA, pool=house) for _ in range(2)]
    assert first.cancel_requested_at == second.cancel_requested_at


async def test_another_member_may_not_cancel_and_an_admin_may(house: Pool, asked: Ask) -> None:
    submitted = await _submit(asked(), house)
    with pytest.raises(NotYours):
        await cancel(submitted.generation_id, by=BEN, pool=house)
    assert (await _row(house, submitted)).cancel_requested_at is None
    await cancel(submitted.generation_id, by=ADMIN, pool=house)
    assert (await _row(house, submitted)).cancel_requested_at is not None


async def test_a_video_that_is_made_can_no_longer_be_cancelled(house: Pool, asked: Ask) -> None:
    submitted = await _submit(asked(), house)
    await house.execute("UPDATE generations SET state = 'storing', winner_attempt = 1")
    with pytest.raises(TooLate) as refusal:
        await cancel(submitted.generation_id, by=ANA, pool=house)
    assert refusal.value.outcome is None
    await house.execute("UPDATE generations SET state = 'delivering', outcome = 'failed', settled = 0")
    with pytest.raises(TooLate) as refusal:
        await cancel(submitted.generation_id, by=ANA, pool=house)
    assert refusal.value.outcome == "failed"


async def test_nothing_is_known_of_a_stranger(house: Pool) -> None:
    with pytest.raises(UnknownGeneration):
        await cancel(uuid4(), by=ADMIN, pool=house)
    with pytest.raises(UnknownGeneration):
        await again(uuid4(), by=ANA, pool=house)


async def test_another_one_is_the_same_request_but_for_its_seed(house: Pool, asked: Ask) -> None:
    wanted = VideoRequest(prompt="a red fox", duration_s=6, audio=False, negative="text", seed=7)
    submitted = await _submit(asked(request=wanted), house)
    assert await again(submitted.generation_id, by=ANA, pool=house) == VideoRequest(
        prompt="a red fox", duration_s=6, audio=False, negative="text"
    )


async def test_a_new_team_has_its_free_credits_and_running_videos_are_counted(house: Pool, asked: Ask) -> None:
    order = asked()
    who = Principal(platform=order.platform, installation=order.installation, user=order.user, is_admin=False)
    fresh = await balance(who, channel=None, pool=house, terms=TERMS)
    assert (fresh.credits_left, fresh.held, fresh.running) == (FREE, 0, 0)
    submitted = await _submit(order, house)
    busy = await balance(who, channel=None, pool=house, terms=TERMS)
    held = submitted.credits_held
    assert (busy.credits_left, busy.held, busy.running) == (FREE - held, held, 1)


async def test_a_posted_root_opens_the_thread_for_everything_else(house: Pool, asked: Ask) -> None:
    submitted = await _submit(asked(), house)
    assert submitted.root is not None
    assert await root.OpenedRoots(house, wait_s=1).record(
        submitted.root, thread=Thread("thread"), message_id=MessageId("1.0")
    )
    assert (await _row(house, submitted)).thread == "thread"
    rows = await house.fetch("SELECT kind, state, message_id, wake_at <= nd_now() AS due FROM deliveries ORDER BY kind")
    assert [(row["kind"], row["state"], row["message_id"]) for row in rows] == [
        ("progress", "due", None),
        ("root", "done", "1.0"),
    ]
    assert rows[0]["due"]


async def test_a_root_that_a_worker_has_taken_over_is_not_recorded_twice(house: Pool, asked: Ask) -> None:
    submitted = await _submit(asked(), house)
    assert submitted.root is not None
    await house.execute("UPDATE deliveries SET fence = fence + 1 WHERE kind = 'root'")
    assert not await root.OpenedRoots(house, wait_s=1).record(
        submitted.root, thread=Thread("mine"), message_id=MessageId("1.0")
    )
    assert (await _row(house, submitted)).thread is None


async def test_a_root_that_could_not_be_posted_is_a_workers_at_once(house: Pool, asked: Ask) -> None:
    submitted = await _submit(asked(), house)
    assert submitted.root is not None
    await root.failed(submitted.root, pool=house)
    async with house.acquire() as conn:
        (claimed, *_) = [
            each for each in await deliveries.claim_due(conn, owner="worker", limit=5) if each.kind == "root"
        ]
    assert claimed.key == submitted.root.key
