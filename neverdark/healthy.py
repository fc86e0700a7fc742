"""`neverdark healthy`: whether a process on this machine is alive, for a supervisor that restarts it.

It asks nothing about the servers behind the process: a database that is away is no reason for a restart.
"""

import asyncio
import http.client
import socket

from core.db.errors import DatabaseAway, connection
from core.db.pool import open_pool
from core.db.workers import heard_of_host
from core.settings import Settings
from neverdark.errors import CliError, Misconfigured

TIMEOUT_S = 4.0
SILENT_S = 60.0
"""Seconds without a heartbeat after which a worker counts as dead; it sends one every few seconds."""


def check(name: str, settings: Settings) -> str:
    """Check one process.

    Raises:
        CliError: the process is not alive.
        Misconfigured: there is no check of that name.
    """
    match name:
        case "web":
            return _web(settings.web_listens_at)
        case "worker":
            return asyncio.run(_worker(settings))
        case _:
            raise Misconfigured("Only web and worker can be asked; a bot that cannot go on ends by itself.")


def _web(port: int) -> str:
    connection_ = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection_.request("GET", "/healthz")
        status = connection_.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise CliError(f"Nothing answers on port {port}.") from error
    finally:
        connection_.close()
    if status != http.HTTPStatus.OK:
        raise CliError(f"Port {port} answers with {status}.")
    return "web answers."


async def _worker(settings: Settings) -> str:
    if settings.database_url is None:
        raise Misconfigured("DATABASE_URL is not set.")
    machine = socket.gethostname()
    try:
        async with (
            asyncio.timeout(TIMEOUT_S),
            open_pool(settings.database_url.get_secret_value(), size_max=1) as pool,
            connection(pool) as conn,
        ):
            silent_s = await heard_of_host(conn, host=machine)
    except (DatabaseAway, TimeoutError):
        return "The database is away, so nobody can say."
    if silent_s is None or silent_s > SILENT_S:
        raise CliError(f"No worker of {machine} was heard for {SILENT_S:g} s.")
    return f"A worker of {machine} was heard {silent_s:.0f} s ago."
