"""`python -m sandbox`: the stand-ins and the chat page in one process, until a signal ends it."""

import argparse
import signal
import socket
import sys
import tempfile
from pathlib import Path

import uvicorn

from sandbox.app import build
from sandbox.closing import Closing
from sandbox.discord import Discord
from sandbox.live import close_pages
from sandbox.slack import Slack
from sandbox.vendors import asked, vendor_mounts
from sandbox.world import World
from sandbox.writing import Writing

END_S = 0.5
"""How long open requests may take to end once a signal has come; the pages' news streams end at once."""
STOP_S = 1
"""After so long uvicorn itself cuts off what is left."""


HOLD_S = 15.0
"""How long a command waits for bots that are on their way: the page is there first."""


class Server(uvicorn.Server):
    """uvicorn, which says in one line that it is ready and lets no open page hold up its end."""

    def __init__(self, config: uvicorn.Config, world: World, closing: Closing) -> None:
        super().__init__(config)
        self._world = world
        self._closing = closing

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            sys.stdout.write(f"The sandbox is ready: {self._world.base_url}\n")
            sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        close_pages(self._world)
        await self._closing.close(within_s=END_S)
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there, or an end with one sentence."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or error
        sys.stderr.write(f"The sandbox cannot listen on {host}:{port}: {reason}. Choose another with --port.\n")
        raise SystemExit(2) from error
    return listener


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8700, help="port to listen on (default 8700; 0 picks one)")
    parser.add_argument("--home", type=Path, help="folder for clips and uploads (default: a temporary one)")
    parser.add_argument("--factor", type=float, default=15.0, help="vendors render this many times faster (15)")
    parser.add_argument("--seed", type=int, help="makes latencies and dice repeatable")
    return parser.parse_args()


def serve(options: argparse.Namespace, home: Path) -> None:
    """Run until a signal comes."""
    listener = listen(options.host, options.port)
    port = listener.getsockname()[1]
    host = f"[{options.host}]" if ":" in options.host else options.host
    world = World(home=home, base_url=f"http://{host}:{port}", factor=options.factor, seed=options.seed)
    app = build(
        world,
        [Slack(world), Discord(world)],
        [*vendor_mounts(world), *Writing(world).routes()],
        lambda: asked(world),
        hold_s=HOLD_S,
    )
    closing = Closing(app)
    config = uvicorn.Config(closing, access_log=False, log_level="warning", timeout_graceful_shutdown=STOP_S)
    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn raises the signal again once it has ended; an asked-for end is not a failure.
        signal.signal(number, lambda *_: None)
    with listener:
        Server(config, world, closing).run(sockets=[listener])


def main() -> None:
    options = arguments()
    if options.home is None:
        with tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
            serve(options, Path(folder))
    else:
        options.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        serve(options, options.home)


if __name__ == "__main__":
    main()
