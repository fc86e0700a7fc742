"""What stops with the queue: tasks that a single cancellation does not end."""

import asyncio

from core.queue import stop_tasks


async def _stubborn(times: int) -> None:
    """Swallows so many cancellations, as arq and redis-py do now and then."""
    for _ in range(times):
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            continue
    await asyncio.sleep(3600)


async def _broken() -> None:
    raise OSError("gone")


async def test_a_task_that_swallows_a_cancellation_is_stopped_all_the_same() -> None:
    task = asyncio.create_task(_stubborn(1))
    await asyncio.sleep(0)
    await stop_tasks([task], again_s=0.05)
    assert task.cancelled()


async def test_what_has_ended_already_is_no_trouble_however_it_ended() -> None:
    task = asyncio.create_task(_broken())
    await asyncio.wait({task})
    await stop_tasks([task])
    await stop_tasks([])


async def test_a_task_that_never_ends_is_let_go_of() -> None:
    task = asyncio.create_task(_stubborn(5))
    await asyncio.sleep(0)
    await stop_tasks([task], again_s=0.01)
    assert not task.done()
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
