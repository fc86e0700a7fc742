"""Faults that last a while and end by themselves: a worker stands still, Postgres only reads, the store is away."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

PAUSE_S = 14.0
"""Longer than the others listen for a heartbeat."""
READ_ONLY_S = 30.0
STORAGE_AWAY_S, DISK_FULL_S = 600.0, 300.0
"""By the vendors' clock."""
DISK_BYTES = 64 << 10


@dataclass(slots=True)
class Lasting:
    """The faults that are on."""

    store: Path
    speed: float
    _on: set[asyncio.Task[None]] = field(default_factory=set)
    _store_is_hit: bool = False

    def begin(self, fault: Coroutine[Any, Any, None]) -> None:
        """It begins now, and ends by itself."""
        task = asyncio.create_task(fault)
        self._on.add(task)
        task.add_done_callback(self._on.discard)

    async def over(self) -> None:
        """Wait until all of them have ended."""
        await asyncio.gather(*self._on)

    async def storage_away(self) -> None:
        """The folder of the store is moved away, and a file stands in its place."""
        if self._store_is_hit:
            return
        self._store_is_hit = True
        aside = self.store.with_name("clips-aside")
        self.store.mkdir(exist_ok=True)
        self.store.rename(aside)
        self.store.touch()
        try:
            await asyncio.sleep(STORAGE_AWAY_S / self.speed)
        finally:
            self.store.unlink()
            aside.rename(self.store)
            self._store_is_hit = False

    async def disk_full(self) -> None:
        """The store's folder is on a disk that is full at once; without the right to mount one, it is taken away."""
        mount = shutil.which("mount") if os.geteuid() == 0 else None
        if mount is None or self._store_is_hit:
            sys.stderr.write("       (the disk cannot be filled here: the storage is away instead)\n")
            await self.storage_away()
            return
        self._store_is_hit = True
        self.store.mkdir(exist_ok=True)
        await _run(mount, "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(self.store))
        try:
            await asyncio.to_thread((self.store / "filler").write_bytes, bytes(DISK_BYTES // 2))
            await asyncio.sleep(DISK_FULL_S / self.speed)
        finally:
            await _run("umount", "-l", str(self.store))
            self._store_is_hit = False


async def _run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(*command)
    if await process.wait() != 0:
        raise RuntimeError(f"{command[0]} failed")


async def paused(pid: int | None) -> None:
    """A process stands still, and then goes on as if nothing had been."""
    if pid is None:
        return
    os.kill(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(PAUSE_S)
    finally:
        with contextlib.suppress(ProcessLookupError):  # somebody may have killed it meanwhile
            os.kill(pid, signal.SIGCONT)


async def read_only(url: str) -> None:
    """Postgres answers, and refuses every write, as a standby does."""
    await _set(url, "ALTER SYSTEM SET default_transaction_read_only = on")
    try:
        await asyncio.sleep(READ_ONLY_S)
    finally:
        await _set(url, "ALTER SYSTEM RESET default_transaction_read_only")


async def _set(url: str, statement: str) -> None:
    for _ in range(100):
        try:
            conn = await asyncpg.connect(url, timeout=2, server_settings={"default_transaction_read_only": "off"})
        except (OSError, asyncpg.PostgresError, TimeoutError):
            await asyncio.sleep(0.5)
            continue
        try:
            await conn.execute(statement)
            await conn.execute("SELECT pg_reload_conf()")
        finally:
            conn.terminate()
        return
