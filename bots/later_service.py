"""What a bot does about videos that are to be made later, on every platform. Only the person sees the answers."""

from uuid import UUID

from bots.run_use_case import run_use_case
from core.domain.chat.principal import Principal
from core.domain.requests.refusals import UnknownGeneration
from core.replies.chat.card import Card
from core.replies.requests import later as cards
from core.replies.requests.refusals import refused
from core.runtime import Runtime
from core.usecases.requests.later import LaterChange, change_later, own_later, schedule
from core.usecases.requests.rulings import InRoles
from core.usecases.requests.submit import VideoCommand


class LaterService:
    """The use cases about later videos, for one process."""

    def __init__(self, runtime: Runtime) -> None:
        self._pool = runtime.pool
        self._terms = runtime.terms

    async def plan(self, asked: VideoCommand, typed: str, *, zone: str, in_roles: InRoles) -> Card:
        """Write a video down for later.

        Raises:
            Refused: nothing was written; the refusal says why.
        """
        done = await schedule(asked, typed, zone=zone, in_roles=in_roles, pool=self._pool, terms=self._terms)
        return cards.planned(done.later, needed=done.needed, balance=done.balance)

    async def list(self, *, by: Principal) -> Card:
        """This person's videos that wait for their time."""
        found = await run_use_case(own_later(by, pool=self._pool), what="mine")
        return found if isinstance(found, Card) else cards.waiting(found)

    async def change(self, subject: str, *, by: Principal) -> Card:
        """Do what a button says: cancel a later video, or give it another time."""
        typed_id, _, way = subject.rpartition("-")
        try:
            later_id, change = UUID(typed_id), LaterChange(way)
        except ValueError:
            return refused(UnknownGeneration())
        left = await run_use_case(change_later(later_id, change, by=by, pool=self._pool), what="cancel")
        return left if isinstance(left, Card) else cards.waiting(left)
