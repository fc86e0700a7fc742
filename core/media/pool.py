"""Runs jobs on strangers' files in media processes: a few at a time, fair by owner, and killed when cancelled.

`Unfit` is a fault of the file: it is broken, or needs more than a file may. `MediaAway` is a fault on our side, and
says nothing about the file.
"""

import asyncio
import json
import os
import signal
import socket
from collections.abc import Mapping
from typing import Any

from core.domain.errors import MediaAway
from core.media.forkserver import ANSWER_MAX
from core.media.limits import Limits
from core.media.process import Forks, NotRunning
from core.media.turns import Turns

WAIT_S = 600.0
"""Seconds that a job waits for its turn. Giving up early would waste the download of its file."""
_PIECE = 16 << 10


class Unfit(Exception):
    """The job failed, and would fail again. The text says why in a word or two."""

    def __init__(self, why: str, *, too_much: bool = False) -> None:
        super().__init__(why)
        self.too_much = too_much
        """Whether it needed more memory or time than a file may."""


class Pool:
    """The media processes of this process."""

    def __init__(self, forks: Forks, *, size: int) -> None:
        self._forks = forks
        self._turns = Turns(size=size, heavy_max=max(1, size - 1))
        self.peak = 0
        """Bytes of memory of the largest media process so far."""

    async def run(
        self,
        job: str,
        arguments: Mapping[str, Any],
        *,
        limits: Limits,
        owner: str,
        heavy: bool = False,
        wait_s: float = WAIT_S,
    ) -> dict[str, Any]:
        """Run one job and return its answer. When the caller is cancelled, the media process is killed.

        Args:
            owner: the owner of the file: a team or a member. Turns are fair among owners.
            heavy: whether it takes long; the last free process is kept for short jobs.

        Raises:
            Unfit, MediaAway
        """
        try:
            async with self._turns.turn(owner, heavy=heavy, wait_s=wait_s):
                return _judged(await self._said(job, arguments, limits))
        except TimeoutError as error:
            raise MediaAway("no turn in time") from error

    async def _said(self, job: str, arguments: Mapping[str, Any], limits: Limits) -> list[dict[str, Any]]:
        ours, theirs = socket.socketpair()
        with ours:
            ours.setblocking(False)
            with theirs:
                try:
                    number = self._forks.order(job, arguments, limits=limits, answers=theirs)
                except NotRunning as error:
                    raise MediaAway(str(error)) from error
            ended = False
            try:
                async with asyncio.timeout(limits.wall_s):
                    said = await _all(ours)
                ended = True
            except TimeoutError as error:
                raise MediaAway(f"not done within {limits.wall_s:.0f} s") from error
            finally:
                if not ended:
                    self._forks.kill(number)
        self.peak = max([self.peak, *(line["peak"] for line in said if "peak" in line)])
        return said


async def _all(ours: socket.socket) -> list[dict[str, Any]]:
    """All bytes that the media process wrote, and the fork server after its end."""
    loop = asyncio.get_running_loop()
    data = bytearray()
    try:
        while (piece := await loop.sock_recv(ours, _PIECE)) and len(data) < 2 * ANSWER_MAX:
            data += piece
    finally:
        # A generator that is closed without being cancelled leaves its socket registered in asyncio. The next socket
        # may get the same number, and asyncio would not listen to it (Python 3.11).
        loop.remove_reader(ours)
    return [json.loads(line) for line in data.splitlines()]


def _judged(said: list[dict[str, Any]]) -> dict[str, Any]:
    match said:
        case [{"done": dict(found)}, *_]:
            return found
        case [{"failed": "memory"}, *_]:
            raise Unfit("it takes too much memory", too_much=True)
        case [{"failed": str(why), **more}, *_]:
            raise Unfit(f"{why}: {more.get('detail', '')}")
        case [{"signal": signal.SIGXCPU}]:
            raise Unfit("it takes too long", too_much=True)
        case [{"signal": signal.SIGKILL | signal.SIGALRM | signal.SIGTERM}]:
            raise MediaAway("it was ended from outside")
        case [{"signal": int(number)}]:
            raise Unfit(f"the decoder died of signal {number}")
        case _:
            raise MediaAway("the fork server is gone")


def _size() -> int:
    return max(2, min(4, os.cpu_count() or 2))


pool = Pool(Forks(), size=_size())
"""The only pool of this process, so that all callers share the part of the machine that is for media."""
