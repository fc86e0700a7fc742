"""A person wants a generation to stop. The worker carries it out; this writes the wish down."""

from uuid import UUID

from core.db.errors import transaction
from core.db.generations import claims, deliveries, transitions
from core.db.generations.transitions import StepLogEntry
from core.db.pool import Connection, Pool
from core.domain.chat.principal import Principal
from core.domain.generations.generation import Generation, State
from core.domain.requests.refusals import NotYours, TooLate, UnknownGeneration

CHAT = "chat"


async def cancel(generation_id: UUID, *, by: Principal, pool: Pool) -> Generation:
    """Ask for an end; all credits come back unless a vendor is at work that cannot be stopped.

    Whoever asked for it may do so, and the admins of the team.

    Raises:
        UnknownGeneration: there is none, or it is another team's.
        NotYours, TooLate
        DatabaseAway
    """
    async with transaction(pool) as conn:
        generation = await claims.load_for(conn, generation_id, principal=by)
        if generation is None:
            raise UnknownGeneration
        is_theirs = by.is_same_person(
            platform=generation.platform, installation=generation.installation, user=generation.user_id
        )
        if not is_theirs and not by.is_admin:
            raise NotYours
        return await _stop(conn, generation, actor=CHAT)


async def cancel_as_operator(generation_id: UUID, *, actor: str, pool: Pool) -> Generation:
    """The same for whoever runs the service, who may end anybody's.

    Args:
        generation_id: which one.
        actor: from where they want it, for the timeline, which names no people.
        pool: the database.

    Raises:
        UnknownGeneration, TooLate
        DatabaseAway
    """
    async with transaction(pool) as conn:
        generation = await claims.load(conn, generation_id)
        if generation is None:
            raise UnknownGeneration
        return await _stop(conn, generation, actor=actor)


async def _stop(conn: Connection, generation: Generation, *, actor: str) -> Generation:
    if generation.state not in {State.ASKING, State.QUEUED, State.RENDERING}:
        raise TooLate(outcome=generation.outcome)
    asked = await claims.request_cancel(conn, generation.id)
    if asked is None:
        raise UnknownGeneration
    if asked.cancel_requested_at is None:  # it got its video between our look and our wish
        raise TooLate(outcome=asked.outcome)
    await transitions.log_step(conn, asked, StepLogEntry(worker=actor, step="cancel", outcome="asked"))
    await deliveries.nudge(conn, asked.id)
    return asked
