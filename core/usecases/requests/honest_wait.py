"""Says at once that a video could not begin in time, instead of letting it wait for nothing; and who is quicker."""

from collections.abc import Mapping

from core.db.errors import ACQUIRE_TIMEOUT_S, connection
from core.db.generations import claims
from core.db.pool import Connection, Pool
from core.db.routing import backlog
from core.domain.ids import GenerationId, Installation, PlatformName, ProviderName, RouteKey
from core.domain.requests.refusals import NoProvider, TooBusy
from core.domain.requests.request import VideoRequest
from core.domain.requests.terms import Terms
from core.domain.requests.tiers import TierName
from core.domain.routing.queueing import least_wait_s

ENOUGH_SHARE = 0.5
"""Another tier is offered where the wait is at most this share of what is allowed."""


async def check_wait(
    request: VideoRequest,
    *,
    known: GenerationId,
    platform: PlatformName,
    installation: Installation,
    routes: Mapping[ProviderName, tuple[RouteKey, ...]],
    guess_s: Mapping[RouteKey, float],
    pool: Pool,
    terms: Terms,
    wait_s: float = ACQUIRE_TIMEOUT_S,
) -> float | None:
    """Refuse what would certainly wait for longer than it may. How long it waits at least; None: nobody knows.

    Args:
        known: what the request would be; one that is taken already goes on.
        routes: by provider, how it is reached.
        guess_s: how long an attempt takes at a route where history says nothing.
        wait_s: how long there may be no connection.

    Raises:
        TooBusy
        DatabaseAway
    """

    async def would_wait_s(conn: Connection, tier: TierName) -> float | None:
        chain = terms.chain(tier)
        ahead = await backlog.ahead(conn, platform=platform, installation=installation, chain=chain)
        if not ahead:
            return 0.0
        reached = [route for provider in chain for route in routes.get(provider, ())]
        return least_wait_s(ahead, await backlog.rates(conn, reached), guess_s=guess_s)

    async with connection(pool, wait_s=wait_s) as conn:
        own = await would_wait_s(conn, request.tier)
        if own is None or own <= terms.start_by_s:
            return own
        if await claims.load(conn, known) is not None:
            return own
        quicker: list[tuple[str, int]] = []
        for tier, price in terms.tier_prices(like=request).items():
            try:
                other = await would_wait_s(conn, tier) if tier is not request.tier else None
            except NoProvider:
                continue
            if other is not None and other <= ENOUGH_SHARE * terms.start_by_s:
                quicker.append((tier.value, price))
    real_s = terms.time_scale.real_s
    raise TooBusy(wait_s=real_s(own), allowed_s=real_s(terms.start_by_s), quicker=tuple(quicker))
