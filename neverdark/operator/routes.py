"""The operator's view of the routes: settings, health, price and successor of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.db.errors import connection
from core.db.health import health_history, route_health
from core.db.health.health_history import Summary
from core.db.pool import Pool
from core.domain.health.config import RoutingConfig
from core.domain.health.route_health import HealthState, Reason, RouteHealth
from core.domain.ids import RouteKey
from core.domain.requests.pricing import MICROS, credits_for, fit
from core.domain.requests.request import VideoRequest
from core.providers.registry import Registry
from core.runtime import numbers
from core.settings import Settings
from neverdark.errors import Misconfigured
from neverdark.operator.tables import Column, Row, day, escaped, moment, number, state

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutesNow:
    """The state of all routes at one moment."""

    health: Mapping[RouteKey, RouteHealth]
    last_success: Mapping[RouteKey, datetime]
    day: Mapping[RouteKey, Summary]
    now: datetime


def the_routes(providers: Registry, names: Sequence[str]) -> list[RouteKey]:
    """The routes with these names, or of providers with these names; all routes without any name.

    Raises:
        Misconfigured: there is no such route.
    """
    if not names:
        return list(providers.routes)
    found: list[RouteKey] = []
    for name in names:
        asked = name.strip().lower()
        meant = [key for key, route in providers.routes.items() if asked in {key, route.facts.provider}]
        if not meant:
            raise Misconfigured(f"There is no route {name}; `neverdark providers` lists them.")
        found += meant
    return list(dict.fromkeys(found))


async def read_now(pool: Pool, routes: Sequence[RouteKey], settings: Settings) -> RoutesNow:
    """The database's facts about the routes."""
    async with connection(pool) as conn:
        picture = await route_health.read(conn, routes, config=numbers(settings).health, routing=RoutingConfig())
        return RoutesNow(
            health=picture.health,
            last_success=await health_history.last_successes(conn, routes),
            day=await health_history.summaries(conn, routes, over_s=DAY_S),
            now=picture.now,
        )


def rows(providers: Registry, found: RoutesNow, settings: Settings) -> list[dict[str, Any]]:
    """One row for each route, in the order in which they are tried."""
    return [_row(key, providers, found, settings) for key in found.health]


def _row(key: RouteKey, providers: Registry, found: RoutesNow, settings: Settings) -> dict[str, Any]:
    facts = providers.routes[key].facts
    offer = providers.offers[facts.provider]
    usd_micros = offer.usd_micros(fit(VideoRequest(prompt="any"), offer.capabilities))
    row, lately, successor = found.health[key], found.day[key], providers.successors.get(key)
    is_unused = not facts.configured and row.reason is Reason.NEW
    return {
        "route": key,
        "provider": facts.provider,
        "model": facts.model,
        "key": facts.configured,
        "state": None if is_unused else row.state.value,
        "reason": None if is_unused else row.reason.value,
        "note": row.note,
        "since": None if row.reason is Reason.NEW else row.since,
        "until": row.until,
        "cooldown_until": row.cooldown_until if row.is_cooling(found.now) else None,
        "usd": usd_micros / MICROS,
        "credits": credits_for(usd_micros, credits_per_usd=settings.credits_per_usd),
        "day_ok": lately.ok,
        "day_bad": lately.bad,
        "last_success": found.last_success.get(key),
        "ends": facts.announced_end,
        "successor": successor,
        "successor_key": providers.routes[successor].facts.configured if successor else None,
        "stands_in": successor is not None and row.state is HealthState.HELD and row.reason is Reason.MODEL_GONE,
    }


def for_people(row: Row, now: datetime) -> dict[str, Any]:
    """A row in the form for a table."""
    total = row["day_ok"] + row["day_bad"]
    return {
        **row,
        "has_key": "yes" if row["key"] else "no",
        "ago": _ago(row["last_success"], now),
        "rate": f"{100 * row['day_ok'] / total:.0f} %" if total else None,
        "then": _then(row),
        "ends": (row["ends"], now),
    }


def sentences(rows: Sequence[Row]) -> list[str]:
    """Sentences about the routes that are not healthy, with the reasons."""
    said = []
    for row in rows:
        if row["state"] not in {None, HealthState.HEALTHY.value}:
            until = f", until {moment(row['until'])}" if row["until"] else ""
            said.append(f"{row['route']}: {row['state']} since {moment(row['since'])}{until} – {row['note']}.")
        if row["cooldown_until"] is not None:
            said.append(f"{row['route']}: rate limited, nothing is submitted until {moment(row['cooldown_until'])}.")
    return said


def _ago(then: datetime | None, now: datetime) -> str | None:
    """The time since then, in one unit."""
    if then is None:
        return None
    minutes = max(0, int((now - then).total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"


def _then(row: Row) -> str | None:
    if row["successor"] is None:
        return None
    if row["stands_in"] and row["successor_key"]:
        return f"{row['successor']} now"
    return str(row["successor"])


def _end(value: tuple[datetime | None, datetime]) -> str:
    ends, now = value
    if ends is None:
        return "–"
    return f"[{'red' if ends <= now else 'yellow'}]{day(ends)}[/]"


COLUMNS = (
    Column(title="route", key="route"),
    Column(title="model", key="model", is_wide=True, is_whole=False),
    Column(title="key", key="has_key", cell=state),
    Column(title="state", key="state", cell=state),
    Column(title="USD", key="usd", cell=lambda usd: f"{usd:.2f}", is_number=True),
    Column(title="credits", key="credits", cell=number, is_number=True, is_wide=True),
    Column(title="24 h", key="rate", is_number=True, is_wide=True),
    Column(title="last ok", key="ago", is_number=True),
    Column(title="ends", key="ends", cell=_end),
    Column(title="successor", key="then", cell=escaped),
)
