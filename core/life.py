"""The life of a process: its checks before it is ready, and its stop in every state.

The caller passes in the work. This module decides when the work begins, and ends it on SIGTERM in every state.
"""

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

from core import outages
from core.db import schema
from core.db.errors import DatabaseAway
from core.db.pool import Pool
from core.db.schema import SchemaWrong
from core.queue import stop_tasks
from core.settings import SettingsError

log = structlog.get_logger()

ASK_AGAIN_S = 1.0
CLOSE_S = 3.0
NEW_OBJECTS = 10_000
"""Between looks for garbage; Python's own 700 are not those of one command."""


def ready_for_bursts() -> None:
    """What is there when a process begins its work stays, and is not looked at for garbage again.

    Looking at all modules and settings stops everything for some 80 ms (2026-11-30), in the middle of a burst.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])


def told_to_stop() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set from now on."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stopping.set)
    return stopping


async def schema_checked(pool: Pool) -> None:
    """Return when the database has our schema; wait while the database is away.

    Raises:
        SettingsError: it has another, or lets us not in.
    """
    while not await schema_known(pool):  # noqa: ASYNC110 - it is a server that is waited for
        await asyncio.sleep(ASK_AGAIN_S)


async def schema_known(pool: Pool) -> bool:
    """Whether the database has our schema; False while it is away.

    Raises:
        SettingsError: it has another, or lets us not in.
    """
    try:
        await schema.check(pool)
    except SchemaWrong as wrong:
        raise SettingsError(str(wrong)) from wrong
    except DatabaseAway as away:
        # This process has no other connection yet, so a missing one means that the server is silent.
        cause = away.__cause__ or away
        outages.away("postgres", f"{type(cause).__name__}: {cause}".rstrip(": "))
        return False
    return True


async def run(stopping: asyncio.Event, *works: Coroutine[Any, Any, None]) -> None:
    """Run several tasks until a signal to stop, until one of them fails, or until all have ended.

    Tasks that still run then are cancelled. Raises the first failure.
    """
    tasks = {asyncio.create_task(work) for work in works}
    stop = asyncio.create_task(stopping.wait())
    try:
        left = set(tasks)
        while left and not stop.done():
            done, _ = await asyncio.wait({*left, stop}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stop}:
                task.result()
            left -= done
    finally:
        await stop_tasks([*tasks, stop])


async def closed(what: str, close: Callable[[], Awaitable[Any]], *, within_s: float = CLOSE_S) -> None:
    """Close a connection or a client, with a time limit; the end of the process closes what is left."""
    try:
        async with asyncio.timeout(within_s):
            await close()
    except TimeoutError:
        log.warning("close.failed", what=what)
