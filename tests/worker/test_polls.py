"""Many polls of one moment are one request, where the vendor tells of many tasks at once."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.domain.errors import ErrorClass, ProviderError
from core.domain.generations.polling import POLL_LEAST_S, together_s
from core.ports import TaskFailed, TaskRunning, TaskSucceeded, VideoRoute
from tests.providers import test_kling as at_kling
from tests.providers.harness import Reply, Vendor, adapter, ok
from tests.providers.test_kling import task, tasks
from tests.providers.test_seedance import TestSeedanceMini as OnArk
from tests.worker.kills import Fuse
from tests.worker.script import Script
from tests.worker.sim import runs, world
from tests.worker.test_sweep import accepted
from worker.polls import Polls, PollsMany

E = ErrorClass


def kling(answer: Any) -> tuple[VideoRoute, Vendor]:
    vendor = Vendor([answer])
    return adapter("kling.api", vendor, at_kling.TestKling.config), vendor


def named(request: httpx.Request) -> list[str]:
    return request.url.params["task_ids"].split(",")


def listed(request: httpx.Request) -> httpx.Response:
    """Every task that was asked for, in another order."""
    found = [task("processing") | {"id": one} for one in reversed(named(request))]
    return Reply(body=tasks(*found)).response()


async def test_five_hundred_polls_are_twenty_five_requests() -> None:
    route, vendor = kling(listed)
    polls = Polls()
    ids = [f"{8890000 + n}" for n in range(500)]
    answers = await asyncio.gather(*(polls.ask(route, one) for one in ids))
    assert all(isinstance(answer, TaskRunning) for answer in answers)
    assert len(vendor.requests) == 25
    assert sorted(one for request in vendor.requests for one in named(request)) == ids
    assert all(len(str(request.url)) < 2500 for request in vendor.requests)


async def test_each_gets_the_answer_about_its_own_task() -> None:
    ended = {
        "1": task("succeeded", outputs=[at_kling.OUTPUT]) | {"id": "1"},
        "2": task("failed", message="content risk") | {"id": "2"},
        "3": task("processing") | {"id": "3"},
        "5": {"id": "5", "outputs": None},
    }
    route, vendor = kling(ok(tasks(*ended.values())))
    polls = Polls()
    asked = [polls.ask(route, one) for one in "12345"]
    done, failed, running, gone, odd = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(done, TaskSucceeded)
    assert isinstance(failed, TaskFailed)
    assert isinstance(running, TaskRunning)
    assert isinstance(gone, ProviderError)
    assert gone.error_class is E.TASK_GONE
    assert isinstance(odd, ProviderError)
    assert odd.error_class is E.TRANSIENT_SERVER, "one that cannot be read spoils none of the others"
    assert len(vendor.requests) == 1


async def test_a_task_that_voids_the_whole_list_is_found_by_halves() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "13" in named(request):
            return Reply(status=404, body={"code": 1203, "message": "resource not found"}).response()
        return listed(request)

    route, vendor = kling(answer)
    polls = Polls()
    answers = await asyncio.gather(*(polls.ask(route, str(n)) for n in range(64)), return_exceptions=True)
    bad = {n: each for n, each in enumerate(answers) if isinstance(each, ProviderError)}
    assert bad.keys() == {13}
    assert bad[13].error_class is E.TASK_GONE
    assert len(vendor.requests) < 16


@pytest.mark.parametrize("status", [401, 429, 500])
async def test_a_request_that_fails_is_a_failed_question_for_all_and_is_not_repeated(status: int) -> None:
    route, vendor = kling(Reply(status=status, body=b""))
    polls = Polls()
    answers = await asyncio.gather(*(polls.ask(route, str(n)) for n in range(9)), return_exceptions=True)
    assert all(isinstance(each, ProviderError) and each.error_class is not E.TASK_GONE for each in answers)
    assert len(vendor.requests) == 1


async def test_one_that_is_stopped_does_not_stop_the_others() -> None:
    route, _ = kling(listed)
    polls = Polls()
    first, second = (asyncio.create_task(polls.ask(route, name)) for name in "12")
    await asyncio.sleep(0)
    first.cancel()
    assert isinstance(await second, TaskRunning)


async def test_whoever_tells_of_one_task_only_is_asked_one_by_one() -> None:
    case = OnArk()
    route, vendor = case.adapter(case.running[0])
    assert not isinstance(route, PollsMany)
    polls = Polls()
    await asyncio.gather(*(polls.ask(route, case.task_id) for _ in range(3)))
    assert len(vendor.requests) == 3


@pytest.mark.parametrize(("now_s", "pause_s"), [(100.1, 2.0), (101.9, 2.0), (77.3, 9.4), (0.0, 30.0)])
def test_tasks_fall_due_at_the_same_moments(now_s: float, pause_s: float) -> None:
    waits = together_s(now_s, pause_s)
    assert pause_s <= waits <= pause_s + POLL_LEAST_S
    assert (now_s + waits) % POLL_LEAST_S == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("tells_of_many", [True, False])
async def test_the_first_poll_falls_due_with_those_of_others(
    database: str, tmp_path: Path, clip: Path, *, tells_of_many: bool
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        if tells_of_many:
            for vendor in sim.vendors.values():
                vars(vendor).update(polls_at_once=20, poll_many=vendor.poll)
        await sim.world.move_to(sim.world.now + timedelta(seconds=0.7))
        await accepted(sim)
        row = await sim.admin.fetchrow("SELECT wake_at, accepted_at FROM attempts")
        assert row is not None
        waits_s = (row["wake_at"] - row["accepted_at"]).total_seconds()
        assert waits_s == pytest.approx(55.3 if tells_of_many else 55)
        assert (row["wake_at"].timestamp() % POLL_LEAST_S == 0) is tells_of_many


@pytest.mark.parametrize(("takes_s", "looked_at_s", "slow"), [(13.0, 300.0, False), (90.0, 56.0, True)])
async def test_a_poll_of_ours_that_comes_late_does_not_make_the_vendor_slow(
    database: str,
    tmp_path: Path,
    clip: Path,
    takes_s: float,
    looked_at_s: float,
    slow: bool,  # noqa: FBT001 - pytest passes by name
) -> None:
    """95 % of its tasks take 60 s at most."""
    async with runs(database, tmp_path, clip) as house:
        sim = await house.begin(Script(veo_takes_s=takes_s, calls_back=False), fuse=Fuse())
        await sim.ask()
        while not sim.tasks:
            assert await sim.step()
        await sim.admin.execute("UPDATE attempts SET wake_at = accepted_at + $1", timedelta(seconds=looked_at_s))
        await sim.admin.execute("UPDATE attempts SET deadline_at = accepted_at + interval '1 hour'")
        while await sim.step():
            pass
        [recent] = [
            json.loads(row["recent"])["successes"]
            for row in await sim.admin.fetch("SELECT recent FROM provider_health WHERE route LIKE 'veo%'")
        ]
    assert [each_slow for _, each_slow in recent] == [slow]
