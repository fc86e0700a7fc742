"""How the providers stand, as people are told: a provider's routes taken together, and who stands in for whom."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.domain.health.route_health import HealthState, Reason, RouteHealth, Transition
from core.domain.ids import ProviderName, RouteKey
from core.domain.requests.tiers import TierName


class Availability(StrEnum):
    """How a provider does, the best first: one word for chat, the status page, its feed and the metrics."""

    WORKING = "working"
    PARTLY_WORKING = "partly_working"
    SET_ASIDE = "set_aside"
    OUT_OF_USE = "out_of_use"


def availability(states: Iterable[HealthState]) -> Availability:
    """How a provider does whose routes are in these states.

    With one healthy route it works, partly if another is in trouble. It is set aside where none is healthy and one at
    least is still tried, and out of use where each is held.
    """
    found = list(states)
    if all(state is HealthState.HEALTHY for state in found):
        return Availability.WORKING
    if HealthState.HEALTHY in found:
        return Availability.PARTLY_WORKING
    return Availability.OUT_OF_USE if all(state is HealthState.HELD for state in found) else Availability.SET_ASIDE


def worst_availability(
    routes: Collection[RouteKey], *, troubled: Collection[RouteKey], held: Collection[RouteKey]
) -> Availability:
    """How a provider did at the worst moment of an incident.

    Args:
        routes: those that the provider has. Where the incident is about none of them, it is about all that it names.
        troubled: the routes that were not healthy at that moment; held: those of them that were held.
    """
    known = routes if set(routes) & set(troubled) else troubled
    return availability(
        HealthState.HELD if route in held else HealthState.DEMOTED if route in troubled else HealthState.HEALTHY
        for route in known
    )


def routes_in_use(
    routes: Iterable[RouteKey], *, successors: Mapping[RouteKey, RouteKey], rows: Mapping[RouteKey, RouteHealth]
) -> tuple[RouteKey, ...]:
    """The configured routes of a provider; behind one whose model is gone stands the one that has taken its place.

    Args:
        rows: by route, its health: of these routes and of their successors.
    """
    used: dict[RouteKey, None] = {}
    for route in routes:
        used[route] = None
        row = rows[route]
        if row.state is HealthState.HELD and row.reason is Reason.MODEL_GONE and route in successors:
            used[successors[route]] = None
    return tuple(used)


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
    def availability(self) -> Availability:
        return availability(route.row.state for route in self.routes)

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
