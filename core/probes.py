"""Serves `/metrics`, `/livez` and `/readyz` of a process, on a port apart from the public one.

Each process takes any free port, unless METRICS_PORT sets it. A file below NEVERDARK_HOME has the port, in the form
that Prometheus' file_sd_configs reads, so several workers on one host need no settings.
"""

import asyncio
import contextlib
import hmac
import json
import math
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path

import structlog
from prometheus_client import generate_latest

from core import metrics, outages
from core.db import workers
from core.db.errors import DatabaseAway, connection
from core.queue import stop_tasks
from core.runtime import Runtime

log = structlog.get_logger()

Overview = Callable[[], Awaitable[bytes]]

HEAD_MOST = 8192
WITHIN_S = 5.0
FIGURES_S = 3.0
"""For what the database says: a scraper waits for ten seconds as a rule, and so do we for WITHIN_S."""
LOOK_EVERY_S = 2.0
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_CLOSE_S = 1.0


@dataclass(slots=True, kw_only=True)
class Probe:
    """The state that a process reports.

    Args:
        process: its name: worker, web, or that of a chat platform.
        ready: whether it has begun its work; the process sets it.
        overview: what one process tells of the whole besides its own figures.
    """

    process: str
    runtime: Runtime
    ready: bool = False
    overview: Overview | None = None

    async def figures(self) -> bytes:
        """All that there is to scrape. Where the database is away there are the figures of this process alone."""
        text = b""
        try:
            async with asyncio.timeout(FIGURES_S):
                if self.overview is not None:
                    text = await self.overview()
                else:
                    async with connection(self.runtime.pool) as conn:
                        metrics.WORKERS.set(await workers.alive(conn))
        except (DatabaseAway, TimeoutError):
            metrics.WORKERS.set(math.nan)
        self._note_ready()
        own: bytes = await asyncio.to_thread(generate_latest)
        return text + own

    async def readiness(self) -> tuple[HTTPStatus, dict[str, str]]:
        """Whether it can work, and what it lacks. A missing worker does not count: a restart would not help."""
        found = {"process": self.process, "state": "ready" if self.ready else "starting"}
        redis = asyncio.create_task(self.runtime.hints.ping())
        try:
            async with connection(self.runtime.pool) as conn:
                alive = await workers.alive(conn)
            found |= {"postgres": "ok", "workers": f"{alive} alive" if alive else "none is alive"}
        except DatabaseAway:
            found |= {"postgres": "away", "workers": "unknown"}
        found["redis"] = "ok" if await redis else "away"
        is_ready = self.ready and found["postgres"] == "ok"
        return HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE, found

    def _note_ready(self) -> None:
        """Tell Prometheus what /readyz would say, whether or not anybody asks that."""
        metrics.READY.set(self.ready and "postgres" not in outages.open_ones())

    async def look(self) -> None:
        """Check for outages until cancelled, so that their end is logged although this process gets no work."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if "postgres" in outages.open_ones():
                with contextlib.suppress(DatabaseAway):
                    async with connection(self.runtime.pool) as conn:
                        await conn.execute("SELECT 1")
            if "redis" in outages.open_ones() and await self.runtime.hints.ping():
                outages.back("redis")
            outages.settle()
            self._note_ready()
            pool = self.runtime.pool
            metrics.POOL.labels("idle").set(pool.get_idle_size())
            metrics.POOL.labels("busy").set(pool.get_size() - pool.get_idle_size())


@asynccontextmanager
async def serving(process: str, runtime: Runtime, *, overview: Overview | None = None) -> AsyncIterator[Probe]:
    """Answer probes for as long as this lasts. A port that cannot be had is a line of the log, and no reason to end."""
    settings = runtime.settings
    metrics.born(process)
    probe = Probe(process=process, runtime=runtime, overview=overview)
    token = settings.metrics_token.get_secret_value() if settings.metrics_token else None
    server = await _listen(_Door(probe, token=token), settings.metrics_host, settings.metrics_port)
    note = _noted(settings.neverdark_home, process, server) if server is not None else None
    tasks = [asyncio.create_task(metrics.watch_loop()), asyncio.create_task(probe.look())]
    try:
        yield probe
    finally:
        await stop_tasks(tasks)
        if note is not None:
            note.unlink(missing_ok=True)
        if server is not None:
            server.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CLOSE_S):
                    await server.wait_closed()


async def _listen(door: "_Door", host: str, port: int) -> asyncio.Server | None:
    """A server at that port, or at any free port if another process has it."""
    for number in dict.fromkeys((port, 0)):
        try:
            return await asyncio.start_server(door.opened, host, number, limit=HEAD_MOST)
        except (OSError, OverflowError) as error:
            log.warning("metrics.port_taken", host=host, port=number, error=str(error))
    return None


def _noted(home: Path, process: str, server: asyncio.Server) -> Path | None:
    """The file with this process's port; None if the folder cannot be written."""
    host, port = server.sockets[0].getsockname()[:2]
    address = f"[{host}]" if ":" in host else host
    labels = {"process": process, "host": socket.gethostname()}
    folder = home.expanduser() / "run" / "metrics"
    note = folder / f"{process}-{os.getpid()}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _forget_dead(folder.glob("*-*.json"))
        whole = note.with_suffix(".part")  # Prometheus reads a file as soon as it is there
        whole.write_text(json.dumps([{"targets": [f"{address}:{port}"], "labels": labels}]) + "\n")
        whole.replace(note)
    except OSError as error:
        log.info("metrics.not_noted", error=str(error), port=port)
        return None
    log.info("metrics.ready", host=host, port=port, release=version("neverdark"))
    return note


def _forget_dead(notes: Iterable[Path]) -> None:
    """Delete the files of processes that were killed."""
    for note in notes:
        pid = note.stem.rpartition("-")[2]
        try:
            if pid.isdecimal():
                os.kill(int(pid), 0)
        except ProcessLookupError:
            note.unlink(missing_ok=True)
        except PermissionError:
            pass  # another user's process, which is alive


def _head(status: HTTPStatus, kind: str, length: int) -> bytes:
    lines = (
        f"HTTP/1.1 {status.value} {status.phrase}", f"content-type: {kind}", f"content-length: {length}",
        "cache-control: no-store", "connection: close",
    )  # fmt: skip
    return "\r\n".join((*lines, "", "")).encode()


class _Door:
    """A minimal HTTP server with one answer for each connection, enough for a scraper, a kubelet and curl."""

    def __init__(self, probe: Probe, *, token: str | None) -> None:
        self._probe = probe
        self._token = token

    async def opened(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(WITHIN_S):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                status, kind, body = await self._answer(head)
                writer.write(_head(status, kind, len(body)) + body)
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            log.debug("metrics.hung_up")
        finally:
            writer.close()

    async def _answer(self, head: str) -> tuple[HTTPStatus, str, bytes]:
        first, *lines = head.split("\r\n")
        path = first.partition(" ")[2].partition(" ")[0].partition("?")[0]
        match path:
            case "/livez":
                return HTTPStatus.OK, "text/plain", b"ok\n"
            case "/readyz":
                status, found = await self._probe.readiness()
                return status, "application/json", json.dumps(found).encode() + b"\n"
            case "/metrics" if self._may(lines):
                return HTTPStatus.OK, METRICS_TYPE, await self._probe.figures()
            case _:
                return HTTPStatus.NOT_FOUND, "text/plain", b"/metrics, /livez or /readyz\n"

    def _may(self, lines: Iterable[str]) -> bool:
        if self._token is None:
            return True
        wanted = f"Bearer {self._token}".encode()
        given = (line.partition(":") for line in lines)
        found = (value.strip().encode("latin-1") for name, _, value in given if name.lower() == "authorization")
        return any(hmac.compare_digest(one, wanted) for one in found)
