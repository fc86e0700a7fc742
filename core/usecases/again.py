"""A person presses "Make another": the same request once more, as a new generation."""

from uuid import UUID

from core.db import generations
from core.db.errors import connection
from core.db.pool import Pool
from core.domain.generation import Generation
from core.domain.refusals import UnknownGeneration


async def original(generation_id: UUID, *, pool: Pool) -> Generation:
    """The generation whose request is to be made again; `submit` does the rest.

    Raises:
        UnknownGeneration
        DatabaseAway
    """
    async with connection(pool) as conn:
        generation = await generations.load(conn, generation_id)
    if generation is None:
        raise UnknownGeneration
    return generation
