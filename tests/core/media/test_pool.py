"""Media processes: bounded, fair, killed when nobody waits, and a bomb harms neither us nor the machine."""

import asyncio
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clips import NotAVideo, playable, probe
from core.domain.clip_facts import ClipFacts
from core.domain.errors import MediaAway
from core.domain.requests.refusals import PictureTooLarge
from core.media.limits import LOOK, MIB, Limits
from core.media.pool import Pool, Unfit
from core.media.process import Forks
from core.media.turns import Turns
from core.pictures import prepared
from tests.core.media import bombs
from tests.core.media.films import film, noise
from tests.core.test_pictures import made

PROCESS_MAX = 300 * MIB
LOOP_BLOCKED_MAX_S = 0.2


@pytest.fixture
def forks() -> Iterator[Forks]:
    forks = Forks()
    yield forks
    forks.close()


@pytest.fixture
def pool(forks: Forks) -> Pool:
    return Pool(forks, size=2)


def server(forks: Forks) -> int:
    assert forks._process is not None
    return forks._process.pid


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@asynccontextmanager
async def heartbeat() -> AsyncIterator[list[float]]:
    """How late the event loop was, each time that it was looked at; the last look is after the block."""
    late: list[float] = []
    is_over = False

    async def beat() -> None:
        while not is_over:
            before = time.monotonic()
            await asyncio.sleep(0.005)
            late.append(time.monotonic() - before - 0.005)

    beating = asyncio.create_task(beat())
    yield late
    is_over = True
    await beating


PICTURES: dict[str, tuple[Callable[[], bytes], type[Exception] | None]] = {
    "a PNG of 49 megapixels": (lambda: bombs.png(7_000, 7_000), PictureTooLarge),
    "a PNG of many more, in its head": (lambda: bombs.png(600, 400, says=(60_000, 60_000)), PictureTooLarge),
    "a WebP of 34 bytes": (bombs.webp, PictureTooLarge),
    "a JPEG whose coefficients are kept": (bombs.jpeg, PictureTooLarge),
    "the largest PNG that is taken": (lambda: bombs.png(5_700, 4_290), None),
}


@pytest.mark.parametrize("what", PICTURES)
async def test_a_picture_takes_less_than_300_mb_and_no_time_of_the_loop(what: str, pool: Pool) -> None:
    make, refusal = PICTURES[what]
    data = make()
    await prepared(made(), pool=pool)  # the fork server has started
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    async with heartbeat() as late:
        if refusal is None:
            await prepared(data, pool=pool)
        else:
            with pytest.raises(refusal):
                await prepared(data, pool=pool)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 < ours + 64 * MIB
    assert pool.peak < PROCESS_MAX
    assert sorted(late)[len(late) // 2] < LOOP_BLOCKED_MAX_S


FILMS: dict[str, Callable[[Path], Path]] = {
    "a long table of contents": lambda path: bombs.table_of_contents(path, entries=60_000_000),
    "large pictures": bombs.large_frames,
    "many streams": lambda path: bombs.many_streams(path, count=3_000),
}


@pytest.mark.parametrize("what", FILMS)
async def test_a_film_that_wants_too_much_is_no_video(what: str, pool: Pool, tmp_path: Path) -> None:
    path = FILMS[what](tmp_path / "film")
    with pytest.raises(NotAVideo):
        await probe(path, pool=pool)
    assert pool.peak < PROCESS_MAX


async def test_forty_clips_at_once_wait_for_their_turns(pool: Pool, tmp_path: Path) -> None:
    path = film(tmp_path / "film")
    seen = await asyncio.gather(*(probe(path, owner=str(n % 3), pool=pool) for n in range(40)))
    assert {facts.frames for facts in seen} == {40}


async def test_a_job_that_is_cancelled_is_killed(forks: Forks, pool: Pool, tmp_path: Path) -> None:
    long = noise(tmp_path / "film")
    facts = await probe(long, pool=pool)
    odd = ClipFacts(**{**{n: getattr(facts, n) for n in ClipFacts.__slots__}, "codec": "hevc"})
    job = asyncio.create_task(playable(long, odd, to=tmp_path / "made", pool=pool))
    while not children(server(forks)):  # noqa: ASYNC110 - another process's children have no event
        await asyncio.sleep(0.005)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    while children(server(forks)):  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.005)
    assert (await probe(long, pool=pool)).frames == 100, "and the pool goes on"


async def test_time_of_the_processor_is_the_files_fault_and_time_on_the_wall_is_not(pool: Pool, tmp_path: Path) -> None:
    path = noise(tmp_path / "film")
    arguments = {"path": str(path)}
    with pytest.raises(MediaAway):
        await pool.run("look", arguments, limits=Limits(memory=LOOK.memory, cpu_s=9, wall_s=0.05, written=1), owner="")
    facts = (await pool.run("look", arguments, limits=LOOK, owner=""))["facts"]
    slow = {"path": str(path), "to": str(tmp_path / "made"), "known": facts}
    how = {"encode_video": True, "encode_audio": False}
    short = Limits(memory=900 * MIB, cpu_s=1, wall_s=60, written=99 * MIB)
    with pytest.raises(Unfit) as caught:
        await pool.run("mend", {**slow, "how": how}, limits=short, owner="")
    assert caught.value.too_much


async def test_a_file_that_becomes_too_large_is_an_answer(pool: Pool, tmp_path: Path) -> None:
    path = film(tmp_path / "film")
    facts = (await pool.run("look", {"path": str(path)}, limits=LOOK, owner=""))["facts"]
    how = {"encode_video": False, "encode_audio": False}
    tight = Limits(memory=LOOK.memory, cpu_s=9, wall_s=30, written=1000)
    said = await pool.run(
        "mend", {"path": str(path), "to": str(tmp_path / "made"), "known": facts, "how": how}, limits=tight, owner=""
    )
    assert "unfit" in said


async def test_a_fork_server_that_dies_is_started_anew(forks: Forks, pool: Pool, tmp_path: Path) -> None:
    path = film(tmp_path / "film")
    await probe(path, pool=pool)
    os.kill(server(forks), signal.SIGKILL)
    first = server(forks)
    for _ in range(3):
        try:
            assert (await probe(path, pool=pool)).frames == 40
        except MediaAway:  # it was dying while it was asked
            continue
        break
    assert server(forks) != first


def test_the_fork_server_has_nothing_of_ours(forks: Forks, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    asyncio.run(prepared(made(), pool=pool))
    assert b"xoxb" not in Path(f"/proc/{server(forks)}/environ").read_bytes()
    assert len(list(Path(f"/proc/{server(forks)}/fd").iterdir())) < 12


PARENT = """
import asyncio, os, signal
from core.media.pool import pool
from core.pictures import prepared
from tests.core.test_pictures import made
asyncio.run(prepared(made()))
print(pool._forks._process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_nothing_is_left_when_the_parent_has_gone() -> None:
    ran = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", PARENT], cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, check=False
    )
    status = Path(f"/proc/{int(ran.stdout)}/stat")
    deadline = time.monotonic() + 20
    while status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < deadline, "the fork server outlives its parent"
        time.sleep(0.01)


async def _served(asked: list[tuple[str, bool]], *, size: int = 1) -> list[int]:
    """The order in which those who ask, all at once, are served."""
    turns, order = Turns(size=size, heavy_max=max(1, size - 1)), []

    async def ask(number: int, owner: str, heavy: bool) -> None:  # noqa: FBT001 - a row of a table
        async with turns.turn(owner, heavy=heavy, wait_s=30):
            order.append(number)
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        for number, (owner, heavy) in enumerate(asked):
            group.create_task(ask(number, owner, heavy))
    assert (turns._waiting, dict(turns._under_way), turns._served) == ([], {}, {})
    return order


async def test_somebody_with_fifty_files_holds_up_nobody_with_one() -> None:
    order = await _served([*[("many", False)] * 50, ("one", False), ("other", False)])
    assert order.index(50) <= 2
    assert order.index(51) <= 3


async def test_long_jobs_leave_a_process_to_short_ones() -> None:
    turns = Turns(size=2, heavy_max=1)
    async with turns.turn("a", heavy=True, wait_s=1):
        with pytest.raises(TimeoutError):
            async with turns.turn("b", heavy=True, wait_s=0.01):
                pass
        async with turns.turn("b", heavy=False, wait_s=1):
            pass
    async with turns.turn("b", heavy=True, wait_s=1):
        pass


@given(asked=st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=30), size=st.integers(1, 4))
async def test_everybody_gets_a_turn(asked: list[tuple[str, bool]], size: int) -> None:
    assert sorted(await _served(asked, size=size)) == list(range(len(asked)))


async def test_whoever_goes_while_waiting_leaves_no_gap() -> None:
    turns, dice = Turns(size=2, heavy_max=1), random.Random(3)

    async def ask() -> None:
        async with turns.turn(dice.choice("ab"), heavy=dice.random() < 0.3, wait_s=30):
            await asyncio.sleep(0)

    tasks = [asyncio.create_task(ask()) for _ in range(60)]
    await asyncio.sleep(0)
    for task in dice.sample(tasks, 30):
        task.cancel()
    await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 20)
    assert (turns._waiting, dict(turns._under_way), turns._heavy) == ([], {}, 0)
