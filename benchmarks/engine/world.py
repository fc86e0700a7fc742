"""What the engine's benchmark runs in: servers of its own that sync every commit, what they cost, and rows."""

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID
from zlib import crc32

import asyncpg
import av
from av.video.frame import VideoFrame
from PIL import Image

from core.db.pool import prepare
from core.domain.ids import ChannelId, Installation, PlatformName, RouteKey, Thread, UserId
from core.domain.requests.pricing import Fitted, fit
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import SEEDANCE, TierName
from core.providers import registry
from core.usecases.requests.submit import VideoCommand
from neverdark import embedded
from neverdark.migrate import migrate
from neverdark.state import Home, open_home

ROUTE = RouteKey("seedance.ark")
PLATFORM = PlatformName("bench")
REQUEST = VideoRequest(prompt="a red fox in the snow", tier=TierName.STANDARD)
TICKS = os.sysconf("SC_CLK_TCK")

CLIP_S = 8


@dataclass(frozen=True, kw_only=True)
class World:
    """The servers of one run."""

    dsn: str
    redis_url: str
    home: Home
    clip: Path

    def cpu_s(self) -> dict[str, float]:
        """The CPU seconds that each server has taken so far."""
        postgres = _tree_cpu_s("/bin/postgres", str(self.home.postgres))
        return {"postgres": postgres, "redis": _tree_cpu_s("valkey-server", str(self.home.sockets))}


@contextmanager
def world(*, settings: Mapping[str, str] | None = None) -> Iterator[World]:
    """A migrated Postgres, with these settings besides, and a Valkey in a folder of their own."""
    with (
        tempfile.TemporaryDirectory(prefix="nd-bench-", ignore_cleanup_errors=True) as folder,
        contextlib.ExitStack() as up,
    ):
        home = open_home(Path(folder) / "home")
        given = {"max_wal_size": "8GB", "shared_buffers": "512MB", **(settings or {})}
        up.enter_context(embedded.serving(embedded.postgres(home, settings=given), log=home.run / "postgres.log"))
        redis_url = up.enter_context(embedded.serving(embedded.valkey(home), log=home.run / "redis.log"))
        dsn = embedded.postgres_url(home)
        migrate(dsn)
        yield World(dsn=dsn, redis_url=redis_url, home=home, clip=make_clip(Path(folder) / "clip.mp4"))


@asynccontextmanager
async def session(dsn: str) -> AsyncIterator[Any]:
    """One connection for setting up and looking."""
    conn = await asyncpg.connect(dsn, command_timeout=3600)
    await prepare(conn)
    try:
        yield conn
    finally:
        await conn.close()


def asked(n: int | str, *, takes_s: float) -> VideoCommand:
    """One person's command. The stand-in reads in the prompt how long it takes."""
    who = crc32(str(n).encode())  # many people in many workspaces: nobody runs into a limit of theirs
    return VideoCommand(
        platform=PLATFORM, installation=Installation(f"w{who % 200}"), channel=ChannelId("c"),
        user=UserId(f"ana{who % 1999}"), event=str(n),
        place=Thread("c"), request=VideoRequest(prompt=f"fox {n} takes={takes_s:.3f}", tier=TierName.STANDARD),
    )  # fmt: skip


@cache
def fitted() -> Fitted:
    """What the route makes of the benchmark's request."""
    return fit(REQUEST, registry.build({}).offers[SEEDANCE].capabilities)


async def clear(conn: Any) -> None:
    """An engine that has never worked."""
    await conn.execute(
        "TRUNCATE generations, attempts, deliveries, step_log, workers, provider_slots, route_queue, "
        "route_queue_counts, provider_health, route_limits, provider_latency_learned, provider_latency CASCADE"
    )


async def learn(conn: Any, *, p5_s: float, p50_s: float, p95_s: float) -> None:
    """What history says about the route."""
    known = fitted()
    await conn.execute(
        """
        INSERT INTO provider_latency_learned
               (route, operation, duration_s, lines, at, p5_s, p50_s, p90_s, p95_s, samples)
        VALUES ($1, 'text', $2, $3, nd_now(), $4, $5, $6, $6, 99) ON CONFLICT (route, operation, duration_s, lines)
        DO UPDATE SET at = nd_now(), p5_s = $4, p50_s = $5, p90_s = $6, p95_s = $6
        """,
        ROUTE, known.duration_s, known.lines, p5_s, p50_s, p95_s,
    )  # fmt: skip


async def under_way(conn: Any, ages_s: list[float], waits_s: list[float], *, prefix: str) -> None:
    """Generations whose attempts a vendor works on since so long ago, each with its next poll after so long."""
    team = await conn.fetchval(
        "INSERT INTO team (free_amount, free_period, free_next) VALUES (0, '1 month', nd_now()) RETURNING id"
    )
    await conn.execute(
        """
        WITH made AS (
            INSERT INTO generations (id, team_id, member_id, platform, installation, place, request, tier, chain,
                                     prices, state, start_by, window_ends, consumed, wake_at, thread)
            SELECT gen_random_uuid(), $1, 1, 'bench', 'w', 'c', $2, 'standard', '{seedance}', '{"seedance": 10}',
                   'rendering', nd_now() + interval '1 day', nd_now() + interval '1 day', 10,
                   nd_now() + interval '1 day', 'c/1' FROM generate_series(1, cardinality($3::float8[]))
            RETURNING id
        ), numbered AS (SELECT id, row_number() OVER () AS i FROM made)
        INSERT INTO attempts (generation_id, n, route, provider, model, external_id, fitted, state, provider_task_id,
                              send_deadline, accepted_at, deadline_at, watch_until, wake_at)
        SELECT id, 1, $5, 'seedance', 'm', gen_random_uuid(), $6, 'accepted', $7 || i, nd_now(),
               nd_now() - ($3::float8[])[i] * interval '1 s', nd_now() + interval '1 day', nd_now() + interval '1 day',
               nd_now() + ($4::float8[])[i] * interval '1 s' FROM numbered
        """,
        team, asdict(REQUEST), ages_s, waits_s, ROUTE, asdict(fitted()), prefix,
    )  # fmt: skip
    await conn.execute(
        "INSERT INTO provider_slots (route, generation_id, n, until) SELECT route, generation_id, n, deadline_at "
        "FROM attempts WHERE provider_task_id LIKE $1 || '%' ON CONFLICT DO NOTHING",
        prefix,
    )
    await conn.execute("ANALYZE generations, attempts, provider_slots")


async def until(look: Any, *, within_s: float, every_s: float = 0.05) -> Any:
    """Wait for what an async question finds."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if found := await look():
            return found
        await asyncio.sleep(every_s)
    raise TimeoutError(f"not within {within_s:g} s")


async def all_done(conn: Any, ids: Sequence[UUID]) -> bool:
    left: int = await conn.fetchval("SELECT count(*) FROM generations WHERE id = ANY ($1) AND state <> 'done'", ids)
    return left == 0


def make_clip(path: Path) -> Path:
    """Some seconds of video, a few kB."""
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=2)
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        for shade in range(2 * CLIP_S):
            picture = Image.new("RGB", (1920, 1080), (shade * 15, 40, 80))
            frame = VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]  # PyAV does not say
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def process_cpu_s(pid: int) -> float:
    """The CPU seconds of one process and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / TICKS


def _tree_cpu_s(*marks: str) -> float:
    """The same of the process whose command line has these marks, and its living children."""
    parents: dict[int, int] = {}
    roots: list[int] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError, IndexError, ValueError):
            pid = int(entry.name)
            parents[pid] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            line = (entry / "cmdline").read_text()
            if pid != os.getpid() and all(mark in line for mark in marks):
                roots.append(pid)
    pids = {*roots, *(pid for pid, parent in parents.items() if parent in roots)}
    total = 0.0
    for pid in pids:
        with contextlib.suppress(OSError):
            total += process_cpu_s(pid)
    return total
