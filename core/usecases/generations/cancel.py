"""A person wants a generation to stop. The worker carries it out; this writes the wish down."""

from uuid import UUID

from core.db.errors import transaction
from core.db.generations import claims, deliveries, transitions
from core.db.generations.transitions import StepLogEntry
from core.db.pool import Pool
from core.domain.generations.generation import Generation, State
from core.domain.ids import UserId
from core.domain.requests.refusals import NotYours, TooLate, UnknownGeneration

CHAT = "chat"


async def cancel(generation_id: UUID, *, user: UserId, is_admin: bool, pool: Pool, actor: str = CHAT) -> Generation:
    """Ask for an end; all credits come back unless a vendor is at work that cannot be stopped.

    Args:
        generation_id: which one.
        user: who wants it.
        is_admin: they may end other people's, too.
        pool: the database.
        actor: from where they want it, for the timeline, which names no people.

    Raises:
        UnknownGeneration, NotYours, TooLate
        DatabaseAway
    """
    async with transaction(pool) as conn:
        generation = await claims.load(conn, generation_id)
        if generation is None:
            raise UnknownGeneration
        if generation.user_id != user and not is_admin:
            raise NotYours
        if generation.state not in {State.ASKING, State.QUEUED, State.RENDERING}:
            raise TooLate(outcome=generation.outcome)
        asked = await claims.request_cancel(conn, generation_id)
        if asked is None:
            raise UnknownGeneration
        if asked.cancel_requested_at is None:  # it got its video between our look and our wish
            raise TooLate(outcome=asked.outcome)
        await transitions.log_step(conn, asked, StepLogEntry(worker=actor, step="cancel", outcome="asked"))
        await deliveries.nudge(conn, asked.id)
    return asked
