"""The connection of other commands to a running `up`: a private socket, with one JSON line each way.

`{"do": "stop" | "start", "name": …}` or `{"do": "status"}` is answered by `{"ok": bool, "say": …, "processes": […]}`.
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Mapping
from typing import Any

from neverdark.errors import CliError
from neverdark.service import State
from neverdark.state import Home
from neverdark.supervise import Supervisor

ANSWER_TIMEOUT_S = 90.0
LINE_MAX = 65_536


@contextlib.asynccontextmanager
async def listening(home: Home, supervisor: Supervisor, *, absent: Mapping[str, str]) -> AsyncIterator[None]:
    """Answer other commands within a block. `absent`: by name, the reason why a process does not run."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError):
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                asked = json.loads(await reader.readline())
                answer = await _answer(asked if isinstance(asked, dict) else {}, supervisor, absent)
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        writer.close()

    path = home.sockets / "control.sock"
    path.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(serve, path, limit=LINE_MAX)
    path.chmod(0o600)
    try:
        yield
    finally:
        server.close()
        path.unlink(missing_ok=True)


async def _answer(asked: dict[str, Any], supervisor: Supervisor, absent: Mapping[str, str]) -> dict[str, Any]:
    name = str(asked.get("name", ""))
    if asked.get("do") == "status":
        return {"ok": True, "processes": _status(supervisor)}
    service = supervisor.services.get(name)
    if service is None:
        names = ", ".join(supervisor.services)
        return {"ok": False, "say": absent.get(name) or f"There is no process {name}; there are {names}."}
    match asked.get("do"):
        case "stop":
            await service.stop()
            return {"ok": True, "say": f"{name} is stopped; `neverdark start {name}` starts it again."}
        case "start":
            if service.state is State.RUNNING:
                return {"ok": True, "say": f"{name} is running already."}
            try:
                await service.start()
            except CliError as trouble:
                return {"ok": False, "say": f"{str(trouble).rstrip('.')}."}
            return {"ok": True, "say": f"{name} is running."}
        case _:
            return {"ok": False, "say": "Only start, stop and status are understood."}


def _status(supervisor: Supervisor) -> list[dict[str, Any]]:
    return [
        {"name": name, "state": service.state.value, "pid": service.pid, "restarts": max(0, service.starts - 1)}
        for name, service in supervisor.services.items()
    ]


def ask(home: Home, **question: str) -> dict[str, Any]:
    """Send a request to the running `up`.

    Raises:
        CliError: no `up` runs here, or it did not answer.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as plug:
        plug.settimeout(ANSWER_TIMEOUT_S)
        try:
            plug.connect(str(home.sockets / "control.sock"))
        except OSError:
            raise CliError(f"Neverdark is not running with the state folder {home.path}.") from None
        try:
            plug.sendall(json.dumps(question).encode() + b"\n")
            answer = json.loads(plug.makefile().readline())
        except (OSError, ValueError):
            raise CliError("The running Neverdark did not answer; it may be stopping.") from None
    if not isinstance(answer, dict):
        raise CliError("The running Neverdark gave an answer that this version does not understand.")
    return answer
