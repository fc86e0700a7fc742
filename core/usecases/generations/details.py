"""A person looks closer at a result of their team: how it came about, what it cost, and where it can be watched."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.db.errors import connection, transaction
from core.db.generations import attempts, clip_links
from core.db.pool import Pool
from core.domain.chat.addresses import Addresses
from core.domain.chat.principal import Principal
from core.domain.generations.generation import Attempt, Generation, Outcome
from core.domain.requests.refusals import NothingToShare, ResultGone, WhyGone
from core.usecases.generations.usable import known, usable


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultDetails:
    """A generation with all its attempts."""

    generation: Generation
    attempts: tuple[Attempt, ...]

    @property
    def winner(self) -> Attempt | None:
        return next((each for each in self.attempts if each.n == self.generation.winner_attempt), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLink:
    """An address under which everybody who has it watches the video, until then."""

    url: str
    until: datetime


async def details(generation_id: UUID, *, by: Principal, pool: Pool) -> ResultDetails:
    """How it came about. Of one that is too old the figures are left; one that was taken away tells nothing.

    Raises:
        UnknownGeneration
        ResultGone: it was deleted or hidden.
        DatabaseAway
    """
    async with connection(pool) as conn:
        generation = await known(conn, generation_id, by=by)
        if generation.hidden_at is not None:
            raise ResultGone(why=WhyGone.HIDDEN if generation.deleted_at is None else WhyGone.DELETED)
        return ResultDetails(generation=generation, attempts=tuple(await attempts.of(conn, generation.id)))


async def share(
    generation_id: UUID, *, by: Principal, pool: Pool, addresses: Addresses | None, days: int
) -> SharedLink:
    """The link of its video, made at the first call, and anew where it has ended.

    Args:
        addresses: what makes addresses; None where the world cannot reach us.
        days: how long a new link is good for.

    Raises:
        UnknownGeneration, ResultGone
        NothingToShare: there is no file, no address, or an operator has shut the link.
        DatabaseAway
    """
    async with transaction(pool) as conn:
        generation = await usable(conn, generation_id, by=by)
        if addresses is None or generation.clip is None or generation.outcome is not Outcome.SUCCEEDED:
            raise NothingToShare
        link = await clip_links.renew(conn, generation.id, days=days)
    if link is None:
        raise NothingToShare
    return SharedLink(url=addresses.watch(link.id, until=link.expires_at), until=link.expires_at)
