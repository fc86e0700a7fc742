"""What a bot does with pictures that people send along: it keeps them, a few at a time, and asks with them."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import cached_property

from bots.run_use_case import run_use_case
from core.domain.requests.refusals import PictureLate
from core.domain.requests.request import VideoRequest
from core.ports import Storage
from core.replies.chat.card import Card
from core.runtime import Runtime, storage
from core.usecases.requests.pictures import KEEP_S, Source, with_pictures

AT_ONCE = 4
"""How many requests with pictures a process works on at the same time: each picture may have 20 MB."""
WAIT_S = 20.0

Find = Callable[[], Awaitable[Source]]
"""Says where a picture lies. Raises a refusal where the person may not use it."""


class Pictures:
    """The pictures of one process. The storage is opened with the first of them."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._room = asyncio.Semaphore(AT_ONCE)

    @cached_property
    def _storage(self) -> Storage:
        return storage(self._runtime.settings)

    async def framed(self, request: VideoRequest, *, first: Find | None, last: Find | None) -> VideoRequest | Card:
        """The request with its pictures, or why not. It takes a while: the platform must have been answered before."""
        kept = self._kept(request, first=first, last=last)
        return await run_use_case(kept, what="pictures", deadline_s=WAIT_S + KEEP_S + 1)

    async def _kept(self, request: VideoRequest, *, first: Find | None, last: Find | None) -> VideoRequest:
        try:
            async with asyncio.timeout(WAIT_S):
                await self._room.acquire()
        except TimeoutError as error:
            raise PictureLate from error
        try:
            return await with_pictures(
                request,
                first=await first() if first is not None else None,
                last=await last() if last is not None else None,
                storage=self._storage,
            )
        finally:
            self._room.release()
