"""How the providers stand, as people are told: a provider's routes taken together, and who stands in for whom."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.domain.health.route_health import HealthState, RouteHealth, Transition
from core.domain.ids import ProviderName, RouteKey
from core.domain.requests.tiers import TierName


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteStatus:
    """One route.

    Args:
        row: its health now.
        trouble: the transition that its present trouble began with; None while it is well.
        relapses: how often it was set aside once more since then.
        ok, bad: its finished tries of late, without those that the request was to blame for.
        usual_s: what half of its videos took at most, of late; None if there was none.
    """

    row: RouteHealth
    trouble: Transition | None = None
    relapses: int = 0
    ok: int = 0
    bad: int = 0
    usual_s: float | None = None

    @property
    def route(self) -> RouteKey:
        return self.row.route

    @property
    def is_up(self) -> bool:
        return self.row.state is HealthState.HEALTHY

    @property
    def since(self) -> datetime:
        """Since when it has been in its present trouble, or well."""
        return self.row.since if self.trouble is None else self.trouble.at


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderStatus:
    """One provider: up as long as one of its routes is.

    Args:
        routes: at least one, the preferred first.
    """

    provider: ProviderName
    label: str
    routes: tuple[RouteStatus, ...]

    @property
    def is_up(self) -> bool:
        return any(route.is_up for route in self.routes)

    @property
    def ok(self) -> int:
        return sum(route.ok for route in self.routes)

    @property
    def bad(self) -> int:
        return sum(route.bad for route in self.routes)

    @property
    def usual_s(self) -> float | None:
        """Of the route that made the most videos."""
        return max(self.routes, key=lambda route: route.ok).usual_s


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """Who takes the videos of a provider that is not up.

    Args:
        provider: None where nobody is left.
        tiers: for whose videos.
    """

    provider: ProviderName | None
    tiers: tuple[TierName, ...]


def stand_ins(
    provider: ProviderName, chains: Mapping[TierName, Sequence[ProviderName]], *, up: Iterable[ProviderName]
) -> tuple[StandIn, ...]:
    """Who takes over from a provider that is not up, in every tier where it would be first.

    Args:
        chains: by tier, the providers in order.
    """
    well = frozenset(up)
    found: dict[ProviderName | None, list[TierName]] = {}
    for tier, chain in chains.items():
        if provider not in chain:
            continue
        place = chain.index(provider)
        if any(earlier in well for earlier in chain[:place]):
            continue
        successor = next((later for later in chain[place + 1 :] if later in well), None)
        found.setdefault(successor, []).append(tier)
    return tuple(StandIn(provider=name, tiers=tuple(tiers)) for name, tiers in found.items())
