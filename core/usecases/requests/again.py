"""A person presses "Make another": the same request once more, as a new generation."""

from dataclasses import replace
from uuid import UUID

from core.db.errors import connection
from core.db.generations import claims
from core.db.pool import Pool
from core.domain.chat.principal import Principal
from core.domain.requests.refusals import UnknownGeneration
from core.domain.requests.request import VideoRequest


async def again(generation_id: UUID, *, by: Principal, pool: Pool) -> VideoRequest:
    """What that generation was asked for, without its seed: another video is wanted. `submit` does the rest.

    Raises:
        UnknownGeneration: there is none, or it is another team's.
        DatabaseAway
    """
    async with connection(pool) as conn:
        generation = await claims.load_for(conn, generation_id, principal=by)
    if generation is None:
        raise UnknownGeneration
    return replace(generation.request, seed=None)
