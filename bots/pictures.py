"""Stores the pictures that people send with a request, a few at a time, and puts their keys into the request."""

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
"""Seconds for all of it, from the first question to the platform to the stored file."""

AT_ONCE = 32
"""Requests with pictures that a process works on at once. They wait for the network, and their files lie on disk."""
MEMBER_AT_ONCE = 2
TEAM_AT_ONCE = 16
"""The same for one team, so that slow addresses hold up only the team that gave them."""
WAIT_S = 20.0

Find = Callable[[], Awaitable[Source]]
"""Finds out where a picture can be fetched. Raises a refusal where the person may not use it."""


class Pictures:
    """The pictures of one process. The storage is opened with the first picture."""

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
        """The request with its pictures, or a card that says why not. It takes long: acknowledge the command before.

        Args:
            member: who gave them.
            team: the server or workspace that the person is in.
        """
        kept = self._in_turn(
            self._kept(request, first=first, last=last, references=references, member=member), member=member, team=team
        )
        return await run_use_case(kept, what="pictures", deadline_s=WAIT_S + TOTAL_S + 1)

    async def _in_turn(self, kept: Coroutine[None, None, VideoRequest], *, member: str, team: str) -> VideoRequest:
        """Wait for a turn, within the time that is allowed for all of it."""
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
