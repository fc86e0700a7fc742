"""What a bot does with pictures that people send along: it keeps them, a few at a time, and asks with them."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import cached_property

from bots.run_use_case import run_use_case
from core.domain.requests.refusals import PictureLate
from core.domain.requests.request import VideoRequest
from core.media.turns import Turns
from core.ports import Storage
from core.replies.chat.card import Card
from core.runtime import Runtime, storage
from core.usecases.requests.pictures import KEEP_S, Source, with_pictures

TOTAL_S = KEEP_S + 5.0
"""All of it, from the first question to the platform."""

AT_ONCE = 32
"""How many requests with pictures a process works on at the same time. They wait for the network, and lie on disk."""
MEMBER_AT_ONCE = 2
TEAM_AT_ONCE = 16
"""So that addresses that are slow, by accident or on purpose, hold up nobody but those who gave them."""
WAIT_S = 20.0

Find = Callable[[], Awaitable[Source]]
"""Says where a picture lies. Raises a refusal where the person may not use it."""


class Pictures:
    """The pictures of one process. The storage is opened with the first of them."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._members = Turns(size=10 * AT_ONCE, heavy_max=0, owner_max=MEMBER_AT_ONCE)
        self._teams = Turns(size=AT_ONCE, heavy_max=0, owner_max=TEAM_AT_ONCE)

    @cached_property
    def _storage(self) -> Storage:
        return storage(self._runtime.settings)

    async def framed(
        self,
        request: VideoRequest,
        *,
        first: Find | None = None,
        last: Find | None = None,
        references: Sequence[Find] = (),
        member: str,
        team: str,
    ) -> VideoRequest | Card:
        """The request with its pictures, or why not. It takes a while: the platform must have been answered before.

        Args:
            member: who gave them.
            team: the server or workspace that they are in.
        """
        kept = self._in_turn(
            self._kept(request, first=first, last=last, references=references, member=member), member=member, team=team
        )
        return await run_use_case(kept, what="pictures", deadline_s=WAIT_S + TOTAL_S + 1)

    async def _in_turn(self, kept: Coroutine[None, None, VideoRequest], *, member: str, team: str) -> VideoRequest:
        """Wait for a turn, and have a bounded time for all of it."""
        try:
            async with (
                self._members.turn(member, heavy=False, wait_s=WAIT_S),
                self._teams.turn(team, heavy=False, wait_s=WAIT_S),
                asyncio.timeout(TOTAL_S),
            ):
                return await kept
        except TimeoutError as error:
            raise PictureLate from error
        finally:
            kept.close()  # one that had no turn was never begun

    async def _kept(
        self,
        request: VideoRequest,
        *,
        first: Find | None,
        last: Find | None,
        references: Sequence[Find],
        member: str,
    ) -> VideoRequest:
        return await with_pictures(
            request,
            first=await first() if first is not None else None,
            last=await last() if last is not None else None,
            references=[await each() for each in references],
            storage=self._storage,
            owner=member,
        )
