"""A person chooses one of several takes: a message says so, and the others stay as links."""

from uuid import UUID

from core.db.errors import transaction
from core.db.generations import takes, transitions
from core.db.generations.transitions import StepLogEntry
from core.db.pool import Pool
from core.domain.chat.principal import Principal
from core.domain.generations.generation import Generation
from core.domain.requests.refusals import NotYours, PickedAlready, UnknownGeneration
from core.usecases.generations.usable import may_manage, usable


async def pick(generation_id: UUID, *, by: Principal, pool: Pool, has_links: bool) -> Generation:
    """Choose this take. Whoever asked for it may do so, and the admins of the team; the first choice counts.

    Args:
        has_links: the others can be watched by links, so that their messages may go.

    Raises:
        UnknownGeneration, ResultGone, NotYours, PickedAlready
        DatabaseAway
    """
    async with transaction(pool) as conn:
        generation = await usable(conn, generation_id, by=by)
        if generation.take_of is None:
            raise UnknownGeneration
        if not may_manage(generation, by=by):
            raise NotYours("pick")
        if not await takes.pick(conn, generation.id, alone=has_links):
            chosen = next(each for each in await takes.of(conn, generation.take_of) if each.picked_at is not None)
            if chosen.id != generation.id:
                raise PickedAlready(chosen.take + 1)
            return generation
        await transitions.log_step(conn, generation, StepLogEntry(worker="chat", step="pick", outcome="picked"))
    return generation
