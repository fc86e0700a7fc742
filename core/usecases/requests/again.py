"""A person presses "Make another", or sends what was refused to the next provider: a new generation."""

from dataclasses import replace
from uuid import UUID

from core.db.errors import connection
from core.db.generations import attempts, claims
from core.db.pool import Pool
from core.domain.chat.principal import Principal
from core.domain.errors import ErrorClass
from core.domain.generations.generation import Outcome
from core.domain.requests.refusals import UnknownGeneration
from core.domain.requests.request import VideoRequest
from core.domain.requests.terms import without


async def again(generation_id: UUID, *, by: Principal, pool: Pool) -> VideoRequest:
    """What that generation was asked for, without its seed: another video is wanted. `submit` does the rest.

    Whoever refused its content is not asked again: the same words would meet the same rule.

    Raises:
        UnknownGeneration: there is none, or it is another team's.
        DatabaseAway
    """
    async with connection(pool) as conn:
        generation = await claims.load_for(conn, generation_id, principal=by)
        if generation is None:
            raise UnknownGeneration
        request = replace(generation.request, seed=None)
        if generation.outcome is not Outcome.FAILED or generation.error_class is not ErrorClass.CONTENT_POLICY:
            return request
        tried = await attempts.of(conn, generation.id)
    return without(request, (a.provider for a in tried if a.error_class is ErrorClass.CONTENT_POLICY))
