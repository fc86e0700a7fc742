"""A person wants more of a result: another one, a better one, the same changed; or sends it to the next provider."""

from dataclasses import replace
from uuid import UUID

from core.db.errors import connection
from core.db.generations import attempts
from core.db.pool import Pool
from core.domain.chat.principal import Principal
from core.domain.errors import ErrorClass
from core.domain.generations.generation import Outcome
from core.domain.generations.seeds import seed_used
from core.domain.requests.refusals import NoHigherTier
from core.domain.requests.request import VideoRequest
from core.domain.requests.terms import Terms, without
from core.domain.requests.variations import another, higher
from core.usecases.generations.usable import usable


async def again(generation_id: UUID, *, by: Principal, pool: Pool) -> VideoRequest:
    """What that generation was asked for, without its seed: another video is wanted. `submit` does the rest.

    Whoever refused its content is not asked again: the same words would meet the same rule.

    Raises:
        UnknownGeneration: there is none, or it is another team's.
        ResultGone: its words are not there any more.
        DatabaseAway
    """
    async with connection(pool) as conn:
        generation = await usable(conn, generation_id, by=by)
        request = another(generation.request)
        if generation.outcome is not Outcome.FAILED or generation.error_class is not ErrorClass.CONTENT_POLICY:
            return request
        tried = await attempts.of(conn, generation.id)
    return without(request, (a.provider for a in tried if a.error_class is ErrorClass.CONTENT_POLICY))


async def changed(generation_id: UUID, *, by: Principal, pool: Pool) -> VideoRequest:
    """The same to be changed in a form, with the seed that the person had chosen.

    Raises:
        As `again`.
    """
    async with connection(pool) as conn:
        return (await usable(conn, generation_id, by=by)).request


async def better(generation_id: UUID, *, by: Principal, pool: Pool, terms: Terms) -> VideoRequest:
    """The same in the next better tier, with the seed that it was made with.

    Raises:
        NoHigherTier: nobody makes it better.
        As `again`.
    """
    async with connection(pool) as conn:
        generation = await usable(conn, generation_id, by=by)
        tried = await attempts.of(conn, generation.id)
    found = higher(generation.request, terms=terms, fallback=generation.fallback)
    if found is None:
        raise NoHigherTier
    winner = next((each for each in tried if each.n == generation.winner_attempt), None)
    seed = seed_used(generation.request, winner, offers=terms.offers)
    kept = generation.request.seed if seed is None else seed
    return replace(generation.request, tier=found.tier, seed=kept)
