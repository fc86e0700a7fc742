"""`neverdark up`: everything on this machine, in the order in which each needs the other."""

import asyncio
import errno
import os
import socket
from importlib.metadata import version

from bots.registry import PLATFORMS
from core.settings import environment, settings
from neverdark import control, state
from neverdark.errors import Misconfigured
from neverdark.migrate import migrate
from neverdark.output import Output
from neverdark.roles import advice
from neverdark.stack import Stack, stack
from neverdark.supervise import Supervisor


def main() -> None:
    """Run until a signal.

    Raises:
        CliError: it cannot start; the text says what to do.
    """
    read = settings()
    output = Output()
    home = state.open_home(read.neverdark_home)
    with state.only_one(home):
        plan = stack(read, home, environment(), coloured=output.coloured)
        if "sandbox" not in plan.absent:
            need_port(read.neverdark_port, named="NEVERDARK_PORT")
        if "web" not in plan.absent:
            need_port(read.web_listens_at, named="WEB_PORT", host=read.web_host)
        try:
            asyncio.run(_run(plan, home, output))
        finally:
            state.withdraw(home)
    output.say("Stopped.")


def need_port(port: int, *, named: str, host: str = "127.0.0.1") -> None:
    """Raise if the port is used, before any process is started.

    Raises:
        Misconfigured: the sentence has the name of the setting.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno not in {errno.EADDRINUSE, errno.EACCES, errno.EPERM}:
            raise Misconfigured(f"{host} port {port} can't be listened on: {error.strerror}.") from None
        reason = "is taken by another program" if error.errno == errno.EADDRINUSE else "can't be used"
        raise Misconfigured(f"Port {port} {reason}: set {named} to a free one.") from None


async def _run(plan: Stack, home: state.Home, output: Output) -> None:
    supervisor = Supervisor(plan.specs, output=output)

    async def opening() -> None:
        output.say(f"Neverdark {version('neverdark')}, with its data in {home.path}")
        for sentence in plan.said:
            output.say(f"  {sentence}")
        here = supervisor.services.keys()
        await supervisor.start(*(name for name in ("postgres", "redis") if name in here))
        migrated = await asyncio.to_thread(migrate, plan.owner_url, app_url=plan.database_url)
        if applied := migrated.applied:
            output.say(f"  The database was brought up to date with {len(applied)} migrations, to {applied[-1]}.")
        for line in advice(migrated.roles, owner_url=plan.owner_url, app_url=plan.database_url):
            output.say(f"  {line}")
        state.publish(
            home,
            {
                "pid": os.getpid(),
                "address": plan.address,
                "database_url": plan.database_url,
                "owner_url": plan.owner_url,
                "redis_url": plan.redis_url,
                "given": dict(plan.given),
            },
        )
        await supervisor.start(*(name for name in ("sandbox",) if name in here))
        await supervisor.start(*(name for name in (*PLATFORMS, "worker", "web") if name in here))
        output.say()
        output.say(f"Open {plan.address}")
        output.say()

    async with control.listening(home, supervisor, absent=plan.absent):
        await supervisor.run(opening)
