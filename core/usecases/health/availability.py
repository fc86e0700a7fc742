"""Somebody asks how the service does: how each provider stands now, and the incidents that fit to it.

The state of each provider comes from its routes with all timers settled, as in `/providers`. An incident that is going
on is told by that same state, so that the two never say different things.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.db.health import incidents, route_health
from core.db.health.incidents import Incident
from core.db.pool import Connection
from core.domain.health.config import HealthConfig
from core.domain.health.provider_status import Availability, availability, routes_in_use, worst_availability
from core.domain.health.route_health import RouteHealth
from core.domain.ids import ProviderName, RouteKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What is configured: the providers that people are told of.

    Args:
        by_provider: the configured routes, in the order in which they are tried.
        successors: the configured route that takes over from one whose model is gone.
    """

    by_provider: Mapping[ProviderName, Sequence[RouteKey]] = field(default_factory=dict)
    successors: Mapping[RouteKey, RouteKey] = field(default_factory=dict)
    health: HealthConfig = field(default_factory=HealthConfig)

    @property
    def routes(self) -> tuple[RouteKey, ...]:
        """Every route that may be in use."""
        configured = [route for its_routes in self.by_provider.values() for route in its_routes]
        following = [self.successors[route] for route in configured if route in self.successors]
        return tuple(dict.fromkeys([*configured, *following]))


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldIncident:
    """An incident as people are told of it.

    Args:
        availability: how the provider does, or where it is over, how it did at the worst moment.
    """

    incident: Incident
    availability: Availability


@dataclass(frozen=True, slots=True, kw_only=True)
class InUse:
    """The routes of each provider that are in use, with their health."""

    routes: Mapping[ProviderName, tuple[RouteHealth, ...]]

    def availabilities(self) -> dict[ProviderName, Availability]:
        """By provider, how it does now."""
        return {name: availability(row.state for row in rows) for name, rows in self.routes.items()}

    def told(self, incident: Incident) -> ToldIncident | None:
        """The incident as people are told of it. None: it is going on at a provider that is not configured any more."""
        rows = self.routes.get(incident.provider, ())
        now = availability(row.state for row in rows)
        if incident.ended_at is None:
            if not rows:
                return None
            if now is not Availability.WORKING:
                return ToldIncident(incident=incident, availability=now)
            # A timer brought the last route back, and nobody has written that down yet.
            back_at = max(row.since for row in rows)
            incident = replace(incident, ended_at=max(back_at, incident.began_at))
        worst = worst_availability([row.route for row in rows], troubled=incident.worst, held=incident.worst_held)
        return ToldIncident(incident=incident, availability=worst)


async def in_use(conn: Connection, watched: Watched) -> InUse:
    """The routes that are in use, with their health now."""
    rows = await route_health.load(conn, watched.routes, config=watched.health)
    return InUse(
        routes={
            name: tuple(rows[route] for route in routes_in_use(its_routes, successors=watched.successors, rows=rows))
            for name, its_routes in watched.by_provider.items()
        }
    )


async def told_incidents(conn: Connection, used: InUse, *, hidden: bool = False) -> list[ToldIncident]:
    """Those of the last days, the newest first."""
    found = [used.told(one) for one in await incidents.incidents(conn, hidden=hidden)]
    return [one for one in found if one is not None]
