"""What media work costs against a plain copy and a bare decoder: a look at a clip, making it play, a picture; bombs.

    .venv/bin/python -m benchmarks.media [--seconds 8] [--rounds 5]

Each line has a floor that is measured in the same run: the copy of the same file, or the same decoder called without
us. Bombs are small files that want to be large: the most memory that a media process had, and the longest time that the
event loop of the process that asked was held up.
"""

import argparse
import asyncio
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path

import av
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core import clips, posters
from core.domain.requests.refusals import Refused
from core.media.limits import MIB
from core.media.pool import Pool
from core.media.process import Forks
from core.pictures import prepared
from tests.core.media import bombs
from tests.core.media.films import noise

MEMORY_MAX = 300 * MIB
LOOP_MAX_S = 0.2


async def median(work: Callable[[], Awaitable[object]], rounds: int) -> float:
    """Seconds, in the middle of so many rounds."""
    took = []
    for _ in range(rounds):
        started = time.perf_counter()
        await work()
        took.append(time.perf_counter() - started)
    return statistics.median(took)


def line(what: str, ours: float, floor: float, named: str) -> None:
    print(f"{what:<44}{ours * 1000:>9.1f} ms   {ours / floor:>7.2f} × {named} ({floor * 1000:.1f} ms)")


def decoded(path: Path) -> int:
    """Every picture of a clip, by a decoder that is asked for nothing else."""
    with av.open(str(path)) as container:
        container.streams.video[0].codec_context.thread_count = 1
        return sum(1 for _ in container.decode(video=0))


def opened(data: bytes) -> int:
    """A picture opened and written as a JPEG, by Pillow alone."""
    out = BytesIO()
    with Image.open(BytesIO(data)) as picture:
        picture.convert("RGB").save(out, "JPEG", quality=92, subsampling=0)
    return len(out.getvalue())


async def costs(folder: Path, pool: Pool, *, seconds: int, rounds: int) -> None:
    clip = noise(folder / "clip.mp4", size=(640, 360), frames=seconds * 10)
    copy, out = folder / "copy.mp4", folder / "out.mp4"

    async def copied() -> None:
        await asyncio.to_thread(shutil.copyfile, clip, copy)

    async def bare() -> None:
        await asyncio.to_thread(decoded, clip)

    started = time.perf_counter()
    facts = await clips.probe(clip, pool=pool)
    print(f"{seconds} s of 640 × 360, {facts.size / MIB:.1f} MiB; the first look of a process: "
          f"{(time.perf_counter() - started) * 1000:.0f} ms")  # fmt: skip
    floor, decoder = await median(copied, rounds), await median(bare, rounds)
    looked = await median(lambda: clips.probe(clip, pool=pool), rounds)
    line("a look: whole, and does it play", looked, decoder, "decoding all of it")
    line("", looked, floor, "a plain copy")
    line(
        "a still", await median(lambda: posters.make(clip, to=folder / "still.jpg", pool=pool), rounds), floor, "a copy"
    )
    slow = folder / "slow.mp4"
    with av.open(str(clip)) as source, av.open(str(slow), "w", format="mp4") as sink:
        track = sink.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = track
                sink.mux(packet)
    late = await clips.probe(slow, pool=pool)
    line("not ready to start: moved, and looked at again",
         await median(lambda: clips.playable(slow, late, to=out, pool=pool), rounds), floor, "a copy")  # fmt: skip
    small = await median(lambda: clips.shrink(clip, to=out, size_max=facts.size // 2, pool=pool), 1)
    line("made half as large", small, decoder, "decoding all of it")


async def pictures(pool: Pool, rounds: int) -> None:
    out = BytesIO()
    Image.effect_noise((3000, 2000), 80).convert("RGB").save(out, "JPEG", quality=90)
    data = out.getvalue()

    async def bare() -> None:
        await asyncio.to_thread(opened, data)

    ours, floor = await median(lambda: prepared(data, pool=pool), rounds), await median(bare, rounds)
    line("a picture of 6 megapixels", ours, floor, "Pillow in a thread")


@asynccontextmanager
async def held_up() -> AsyncIterator[list[float]]:
    """How late the loop was, at each look."""
    late = [0.0]

    async def beat() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.002)
            late.append(time.perf_counter() - before - 0.002)

    beating = asyncio.create_task(beat())
    yield late
    beating.cancel()


async def bomb(name: str, work: Callable[[Pool], Awaitable[object]]) -> bool:
    """One bomb at a fork server of its own. Whether it stayed within its bounds."""
    forks = Forks()
    pool = Pool(forks, size=2)
    started = time.perf_counter()
    async with held_up() as late:
        try:
            await work(pool)
            said = "taken"
        except (Refused, clips.NotAVideo) as refused:
            said = f"{type(refused).__name__} {refused}".strip()[:50]
    took = time.perf_counter() - started
    forks.close()
    print(f"{name:<34}{took:>6.2f} s {pool.peak / MIB:>6.0f} MiB   loop held up {max(late) * 1000:>5.1f} ms   {said}")
    return pool.peak < MEMORY_MAX and max(late) < LOOP_MAX_S


async def all_bombs(folder: Path) -> bool:
    many = bombs.many_streams(folder / "many", count=3_000)
    long = bombs.table_of_contents(folder / "long", entries=60_000_000)
    large = bombs.large_frames(folder / "large")
    png, webp, jpeg = bombs.png(7_000, 7_000), bombs.webp(), bombs.jpeg()
    return all(
        [
            await bomb("a PNG of 49 megapixels", lambda pool: prepared(png, pool=pool)),
            await bomb("the largest PNG that is taken", lambda pool: prepared(bombs.png(5_700, 4_290), pool=pool)),
            await bomb("a WebP of 34 bytes", lambda pool: prepared(webp, pool=pool)),
            await bomb("a progressive JPEG of 48 megapixels", lambda pool: prepared(jpeg, pool=pool)),
            await bomb("a film with 3,000 streams", lambda pool: clips.probe(many, pool=pool)),
            await bomb("a film that says it has 60 million", lambda pool: clips.probe(long, pool=pool)),
            await bomb("a film of 67 megapixels", lambda pool: clips.probe(large, pool=pool)),
        ]
    )


async def main(*, seconds: int, rounds: int) -> None:
    forks = Forks()
    pool = Pool(forks, size=2)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await costs(folder, pool, seconds=seconds, rounds=rounds)
        await pictures(pool, rounds)
        forks.close()
        print()
        within = await all_bombs(folder)
    print(f"\nbombs below {MEMORY_MAX // MIB} MiB and {LOOP_MAX_S * 1000:.0f} ms: {'yes' if within else 'NO'}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    asyncio.run(main(seconds=given.seconds, rounds=given.rounds))
