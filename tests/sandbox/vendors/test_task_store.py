"""A task store: how long things take, how they end, what is remembered of them, and what is told."""

import random
import statistics
from pathlib import Path

import pytest
from starlette.routing import Mount

from sandbox.render import Clip
from sandbox.vendors import End, Vendors, app_for, asked, vendor_mounts, vendors_of
from sandbox.vendors.task_store import ENDED_KEPT, LOG_TASKS, Refusal, TaskStore
from sandbox.vendors.tasks import MEDIAN_S, Phase, draw_times
from sandbox.world import FaultKind, World
from tests.sandbox.vendors.drivers import Kling
from tests.sandbox.vendors.harness import Clock, Rig, serve

CLIP = Clip(prompt="a fox", vendor="Kling", model="kling-3.0", seconds=5)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(home=tmp_path, base_url="http://sandbox", factor=1e6, seed=3)


@pytest.mark.parametrize("vendor", MEDIAN_S)
def test_latencies_lie_around_the_real_ones_divided_by_the_factor(vendor: str) -> None:
    dice = random.Random(5)
    times = [draw_times(vendor=vendor, now=100.0, factor=10, slow=False, dice=dice) for _ in range(2000)]
    taken = sorted(each.finishes_at - each.created for each in times)
    assert statistics.median(taken) == pytest.approx(MEDIAN_S[vendor] / 10, rel=0.05)
    assert taken[1680] / taken[320] == pytest.approx(2.01, rel=0.1)  # e^(2·0.35): one sigma to either side
    assert all(each.created < each.starts_at < each.finishes_at for each in times)


async def test_the_speed_of_the_world_counts_when_a_task_is_created(world: World) -> None:
    store = TaskStore("kling", world)
    world.factor = 1
    slow = store.accept("1", clip=CLIP)
    world.factor = 1000
    assert slow.times.finishes_at - slow.times.created > 20
    quick = store.accept("2", clip=CLIP)
    assert quick.times.finishes_at - quick.times.created < 1


async def test_a_plan_beats_trouble_and_trouble_beats_luck(world: World) -> None:
    store = TaskStore("kling", world)
    store.plan(End.EMPTY)
    world.switch("kling", FaultKind.FAIL_IN_RUN)
    assert [store.accept(str(n), clip=CLIP).end for n in range(2)] == [End.EMPTY, End.FAIL]
    world.switch("kling", FaultKind.HANG)
    assert store.accept("3", clip=CLIP).end is End.NEVER
    world.calm()
    assert store.accept("4", clip=CLIP).end is End.SUCCEED


def test_a_prompt_is_always_refused_the_same_way_and_both_ways_exist(world: World) -> None:
    store = TaskStore("kling", world)
    assert store.refusal("fox 1") is None
    world.switch("kling", FaultKind.REFUSED)
    ways = {prompt: store.refusal(prompt) for prompt in (f"fox {n}" for n in range(30))}
    assert set(ways.values()) == set(Refusal)
    assert all(store.refusal(prompt) is way for prompt, way in ways.items())


async def test_memory_is_bounded_and_nothing_in_flight_is_forgotten(world: World) -> None:
    clock = Clock()
    store = TaskStore("kling", world, clock=clock)
    store.plan(End.NEVER)
    for number in range(4 * ENDED_KEPT):
        store.accept(str(number), clip=CLIP)
        clock.skipped_s += 1
    assert store.find("0") is not None
    assert store.find("1") is None
    assert ENDED_KEPT <= len(store.newest(within_s=1e9)) <= 2 * ENDED_KEPT
    assert len(store.asked()["tasks"]) == LOG_TASKS
    assert store.asked()["tasks"][-1]["id"] == str(4 * ENDED_KEPT - 1)


async def test_the_page_hears_when_a_task_is_taken_and_when_it_ends(world: World) -> None:
    store = TaskStore("kling", world)
    phases: list[Phase] = []
    async with world.listening() as news:
        store.accept("1", clip=CLIP, on_change=lambda _, phase: phases.append(phase))
        told = [await news.get(), await news.get()]
    common = {"type": "vendor", "vendor": "kling", "task": "1"}
    assert told == [
        {**common, "event": "submitted", "state": "queued"},
        {**common, "event": "ended", "state": "succeeded"},
    ]
    assert phases == [Phase.QUEUED, Phase.RUNNING, Phase.SUCCEEDED]


async def test_a_cancelled_task_ends_once(world: World) -> None:
    world.factor = 1
    store = TaskStore("kling", world)
    phases: list[Phase] = []
    task = store.accept("1", clip=CLIP, on_change=lambda _, phase: phases.append(phase))
    assert store.cancel(task)
    assert not store.cancel(task)
    store._announce(task, None)  # the timer that the cancel has overtaken
    assert phases == [Phase.QUEUED, Phase.CANCELLED]


async def test_a_world_always_has_the_same_vendors(world: World) -> None:
    assert vendors_of(world) is vendors_of(world)
    hosts = ("google", "kling", "ark", "minimax", "dashscope", "fal", "replicate")
    mounted = {mount.path for mount in vendor_mounts(world) if isinstance(mount, Mount)}
    assert {f"/vendors/{host}" for host in hosts} <= mounted
    vendors_of(world).stores["wan"].submits = 3
    assert asked(world)["wan"]["submits"] == 3


async def test_a_host_can_stand_alone_at_the_root(rig: Rig) -> None:
    vendors = Vendors(rig.world)
    async with serve(app_for("kling", vendors)) as url:
        client = Kling(rig)
        client.base = url
        seen = await client.finish(await client.start())
        assert seen.url.startswith(f"{url}/cdn/")
        assert (await client.download(seen))[4:8] == b"ftyp"
