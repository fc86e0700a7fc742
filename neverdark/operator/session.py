"""Runs an operator's command on the database, and turns each possible error into one sentence."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from core.db.errors import DatabaseAway
from core.db.health import service_status
from core.db.pool import Pool, open_pool
from core.settings import Settings
from neverdark.errors import CliError, Misconfigured
from neverdark.migrate import wait_for
from neverdark.running_config import NO_DATABASE, configuration

ACTOR = "operator"
"""The actor's name in events and timelines."""
PATIENCE_S = 30.0
CONNECTIONS = 4

Answer = TypeVar("Answer")


class Unclear(CliError):
    """The database went away during a commit: whether the change was written is not known."""


def run(work: Callable[[Pool, Settings], Awaitable[Answer]], *, patience_s: float = PATIENCE_S) -> Answer:
    """Run work on the database of the running `up`, or of DATABASE_URL.

    Args:
        work: gets the pool, and the settings of the processes of that `up`.
        patience_s: seconds that one statement may take.

    Raises:
        CliError: there is no database, it does not answer, or its schema is too old.
    """
    with configuration() as read:
        if read.database_url is None:
            raise Misconfigured(NO_DATABASE)
        return asyncio.run(_run(read.database_url.get_secret_value(), work, read, patience_s))


async def _run(
    url: str, work: Callable[[Pool, Settings], Awaitable[Answer]], read: Settings, patience_s: float
) -> Answer:
    server = await wait_for(url, wait_s=0)
    try:
        async with open_pool(url, size_max=CONNECTIONS, command_timeout_s=patience_s) as pool:
            if not server.exists or not await service_status.is_ready(pool):
                raise CliError("The database lacks what this version needs: run `neverdark migrate`.")
            return await work(pool, read)
    except DatabaseAway as error:
        if error.unclear:
            raise Unclear("The database went away while this was being written: it may be done or not.") from error
        raise CliError("The database went away, or took too long to answer. Nothing was changed.") from error
