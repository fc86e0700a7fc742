"""A person asks how the providers are doing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.db.errors import connection
from core.db.health import route_status
from core.db.pool import Pool
from core.db.workers import now as database_now
from core.domain.health.config import HealthConfig
from core.domain.health.provider_status import ProviderStatus, routes_in_use
from core.domain.ids import ProviderName, RouteKey
from core.domain.requests.terms import Terms
from core.domain.requests.tiers import TierName

LATELY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvidersNow:
    """Every configured provider, as of `now`.

    Args:
        chains: by tier that somebody makes, the providers in the order in which they are tried.
    """

    providers: tuple[ProviderStatus, ...]
    chains: Mapping[TierName, tuple[ProviderName, ...]]
    now: datetime


async def providers(
    *,
    by_provider: Mapping[ProviderName, tuple[RouteKey, ...]],
    successors: Mapping[RouteKey, RouteKey],
    pool: Pool,
    terms: Terms,
    health: HealthConfig,
) -> ProvidersNow:
    """How every provider does, and why.

    Args:
        by_provider: the configured routes, in the order in which they are tried.
        successors: the configured route that takes over from one whose model is gone.

    Raises:
        DatabaseAway
    """
    routes = [route for its_routes in by_provider.values() for route in its_routes]
    wanted = list(dict.fromkeys([*routes, *(successors[route] for route in routes if route in successors)]))
    async with connection(pool) as conn:
        found = await route_status.route_statuses(conn, wanted, over_s=LATELY_S, config=health)
        now = await database_now(conn)
    rows = {route: status.row for route, status in found.items()}
    return ProvidersNow(
        providers=tuple(
            ProviderStatus(
                provider=provider,
                label=terms.offers[provider].label,
                routes=tuple(found[route] for route in routes_in_use(its_routes, successors=successors, rows=rows)),
            )
            for provider, its_routes in by_provider.items()
        ),
        chains={tier: terms.chain(tier) for tier in TierName if terms.is_made(tier)},
        now=now,
    )
