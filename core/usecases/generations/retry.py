"""An operator gives a generation another chance: what is live is woken, what could not be delivered is delivered again.

Nothing is asked of a vendor twice, and nothing is charged. One that failed or was cancelled stays so: everything came
back, the person was told, and a new one would spend a team's credits, which only its own people may do.
"""

from enum import StrEnum
from uuid import UUID

from core.db.errors import transaction
from core.db.generations import claims, stalled_generations, transitions
from core.db.generations.transitions import StepLogEntry
from core.db.pool import Pool
from core.domain.requests.refusals import TooLate, UnknownGeneration


class Retried(StrEnum):
    """What was done."""

    WOKEN = "woken"
    """It is live: its next step and its messages are due now."""
    REDELIVERING = "redelivering"
    """Its last word had found no place: it is tried again. What was given back for that stays given back."""


async def retry(generation_id: UUID, *, actor: str, pool: Pool) -> Retried:
    """Do what is safe.

    Args:
        actor: who wants it, for the timeline.

    Raises:
        UnknownGeneration
        TooLate: it is over and its last word was said.
        DatabaseAway
    """
    async with transaction(pool) as conn:
        answer = await stalled_generations.retry(conn, generation_id)
        generation = await claims.load(conn, generation_id)
        if generation is None:
            raise UnknownGeneration
        if answer not in set(Retried):
            raise TooLate(outcome=generation.outcome)
        await transitions.log_step(conn, generation, StepLogEntry(worker=actor, step="retry", outcome=answer))
    return Retried(answer)
