"""`/status` for everybody: the state of each provider, 90 days of bars, incidents. And `/`.

How JSON and the feed are written is for `status_forms`.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bots.registry import labels
from core.db import workers
from core.db.errors import connection
from core.db.health import incidents
from core.db.health.incidents import DAYS, RouteDay
from core.db.pool import Connection, Pool
from core.domain.health.provider_status import Availability
from core.domain.ids import ProviderName, RouteKey
from core.usecases.health.availability import ToldIncident, Watched, in_use, told_incidents
from web.kept_days import KeptDays
from web.sheets import SHEET_HEADERS, Html, join, sheet, tag
from web.status_forms import as_feed, as_json
from web.status_sheets import ProviderLook, card, incident_card

KEPT_S = 20.0
HISTORY_KEPT_S = 300.0
GOOD, BAD = 0.98, 0.80


class StatusPage:
    """Answers `/`, `/status`, `/status.json` and `/status.rss`."""

    def __init__(
        self,
        *,
        pool: Pool,
        labels: Mapping[ProviderName, str],
        watched: Watched,
        base: str | None,
    ) -> None:
        self._pool = pool
        self._labels = labels
        self._watched = watched
        self._base = base or ""
        self._days = KeptDays(days=DAYS, read=self._route_days)
        self._history: tuple[float, list[RouteDay]] = (float("-inf"), [])
        self._seen: tuple[float, list[ProviderLook], list[ToldIncident], int] = (float("-inf"), [], [], 0)
        self._reading = asyncio.Lock()

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self._front),
            Route("/status", self._page),
            Route("/status.json", self._json),
            Route("/status.rss", self._feed),
        ]

    async def _look(self) -> tuple[list[ProviderLook], list[ToldIncident], int]:
        async with self._reading:
            if time.monotonic() - self._seen[0] > KEPT_S:
                async with connection(self._pool) as conn:
                    used = await in_use(conn, self._watched)
                    routes = {name: [row.route for row in rows] for name, rows in used.routes.items()}
                    if time.monotonic() - self._history[0] > HISTORY_KEPT_S:
                        days = await self._days.rows(conn, today=datetime.now(UTC).date())
                        self._history = (time.monotonic(), days)
                    alive = await workers.alive(conn)
                    told = await told_incidents(conn, used)
                now = used.availabilities()
                looks = [self._provider(name, its_routes, now[name], told) for name, its_routes in routes.items()]
                self._seen = (time.monotonic(), looks, told, alive)
            return self._seen[1], self._seen[2], self._seen[3]

    async def _route_days(self, conn: Connection, days: int) -> list[RouteDay]:
        return await incidents.route_days(conn, self._watched.routes, days=days)

    def _provider(
        self, name: ProviderName, routes: Sequence[RouteKey], now: Availability, told: Sequence[ToldIncident]
    ) -> ProviderLook:
        today = datetime.now(UTC).date()
        its = [one for one in self._history[1] if one.route in routes]
        days = tuple(_day(today - timedelta(days=DAYS - 1 - n), its, name, told) for n in range(DAYS))
        month = [one for one in its if one.day > today - timedelta(days=30)]
        week = [one for one in its if one.day > today - timedelta(days=7) and one.ok]
        ok, bad = sum(one.ok for one in month), sum(one.bad for one in month)
        videos = sum(one.ok for one in week)
        return ProviderLook(
            provider=name,
            label=self._labels.get(name, name),
            availability=now,
            days=days,
            success=ok / (ok + bad) if ok + bad else None,
            takes_s=sum(one.work_s for one in week) / videos if videos else None,
        )

    async def _front(self, request: Request) -> Response:
        looks, _, alive = await self._look()
        body = join(
            [
                tag("h1", "Video that is never dark"),
                tag(
                    "p",
                    f"Type /video and what you want to see, in {labels(joined_by='or')}. Several AI providers "
                    "stand behind the command: if one fails, the next takes over, and you pay once, for what you got.",
                    class_="lead",
                ),
                tag("p", _says(looks, alive)),
                tag("p", tag("a", "How each provider does", href="/status", class_="button"), class_="actions"),
            ]
        )
        return _html(sheet("Neverdark", body, header=_header("/")))

    async def _page(self, request: Request) -> Response:
        looks, told, alive = await self._look()
        body = join(
            [
                tag("h1", _says(looks, alive)),
                tag(
                    "p",
                    "If one provider is in trouble the next takes over: most videos come all the same."
                    if alive
                    else "What is asked for waits, and is made later. Nothing is lost.",
                    class_="soft",
                ),
                *(card(look) for look in looks),
                tag("h2", "Incidents"),
                *(
                    [incident_card(one, self._labels) for one in told]
                    or [tag("p", f"None in {DAYS} days.", class_="soft")]
                ),
                tag(
                    "p",
                    tag("a", "RSS", href="/status.rss", class_="button quiet"),
                    tag("a", "JSON", href="/status.json", class_="button quiet"),
                    class_="actions",
                ),
            ]
        )
        links = '<link rel="alternate" type="application/rss+xml" title="Incidents" href="/status.rss">'
        return _html(sheet("Status · Neverdark", body, header=_header("/status"), links=links))

    async def _json(self, request: Request) -> Response:
        looks, told, alive = await self._look()
        return JSONResponse(
            as_json(looks, told, labels=self._labels, status=_overall(looks, alive), says=_says(looks, alive)),
            headers={"access-control-allow-origin": "*", "cache-control": "public, max-age=20"},
        )

    async def _feed(self, request: Request) -> Response:
        _, told, _ = await self._look()
        feed = as_feed(told, labels=self._labels, base=self._base or str(request.base_url).rstrip("/"))
        return Response(feed, media_type="application/rss+xml", headers={"cache-control": "public, max-age=60"})


def _html(page: str) -> Response:
    return Response(page, media_type="text/html", headers={**SHEET_HEADERS, "cache-control": "public, max-age=20"})


def _header(here: str) -> Html:
    places = (("/", "Neverdark"), ("/status", "Status"))
    return join(tag("a", name, href=path, aria_current="page" if path == here else None) for path, name in places)


def _day(
    day: date, its: Sequence[RouteDay], name: ProviderName, told: Sequence[ToldIncident]
) -> tuple[date, str, float | None]:
    ok, bad = sum(one.ok for one in its if one.day == day), sum(one.bad for one in its if one.day == day)
    share = ok / (ok + bad) if ok + bad else None
    trouble = [
        one.availability
        for one in told
        if one.incident.provider == name
        and one.incident.began_at.date() <= day <= (one.incident.ended_at or datetime.now(UTC)).date()
    ]
    if share is None and not trouble:
        return day, "none", None
    if (share is not None and share < BAD) or (share is None and Availability.OUT_OF_USE in trouble):
        return day, "bad", share
    return day, "some" if trouble or (share is not None and share < GOOD) else "good", share


def _overall(looks: Sequence[ProviderLook], alive: int) -> Availability:
    """How the service does: its videos are made as long as a worker is there and one provider is not out of use."""
    found = {look.availability for look in looks}
    if not alive or found == {Availability.OUT_OF_USE}:
        return Availability.OUT_OF_USE
    if found <= {Availability.WORKING}:
        return Availability.WORKING
    return (
        Availability.PARTLY_WORKING
        if found & {Availability.WORKING, Availability.PARTLY_WORKING}
        else Availability.SET_ASIDE
    )


def _says(looks: Sequence[ProviderLook], alive: int) -> str:
    if not alive:
        return "Videos are not made at the moment"
    match _overall(looks, alive):
        case Availability.WORKING:
            return "Everything works"
        case Availability.PARTLY_WORKING if any(look.availability is Availability.WORKING for look in looks):
            return "Videos are made, some by the next provider in line"
        case Availability.PARTLY_WORKING:
            return "Videos are made, by what works of each provider"
        case Availability.SET_ASIDE:
            return "No provider works well at the moment: videos are tried all the same"
        case Availability.OUT_OF_USE:
            return "No provider works at the moment"
