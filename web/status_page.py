"""`/status` for everybody: the state of each provider, 90 days of bars, incidents; as page, JSON and feed. And `/`."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape as xml

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bots.registry import labels
from core.db import workers
from core.db.errors import connection
from core.db.health import incidents, service_status
from core.db.health.incidents import DAYS, Incident, RouteDay
from core.db.pool import Pool
from core.domain.ids import ProviderName, RouteKey
from web.sheets import SHEET_HEADERS, Html, join, sheet, tag
from web.status_sheets import ProviderLook, card, incident_card, incident_span, incident_title

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
        by_provider: Mapping[ProviderName, Sequence[RouteKey]],
        base: str | None,
    ) -> None:
        self._pool = pool
        self._labels = labels
        self._by_provider = by_provider
        self._base = base or ""
        self._history: tuple[float, list[RouteDay]] = (float("-inf"), [])
        self._seen: tuple[float, list[ProviderLook], list[Incident], int] = (float("-inf"), [], [], 0)
        self._reading = asyncio.Lock()

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self._front),
            Route("/status", self._page),
            Route("/status.json", self._json),
            Route("/status.rss", self._feed),
        ]

    async def _look(self) -> tuple[list[ProviderLook], list[Incident], int]:
        async with self._reading:
            if time.monotonic() - self._seen[0] > KEPT_S:
                routes = [route for its_routes in self._by_provider.values() for route in its_routes]
                async with connection(self._pool) as conn:
                    if time.monotonic() - self._history[0] > HISTORY_KEPT_S:
                        self._history = (time.monotonic(), await incidents.route_days(conn, routes))
                    states = await service_status.route_states(conn, routes)
                    alive = await workers.alive(conn)
                    told = await incidents.incidents(conn)
                looks = [self._provider(name, its, states, told) for name, its in self._by_provider.items()]
                self._seen = (time.monotonic(), looks, told, alive)
            return self._seen[1], self._seen[2], self._seen[3]

    def _provider(
        self, name: ProviderName, routes: Sequence[RouteKey], states: Mapping[RouteKey, str], told: Sequence[Incident]
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
            tone=_now([states[route] for route in routes if route in states]),
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
                tag("p", _overall(looks, alive)),
                tag("p", tag("a", "How each provider does", href="/status", class_="button"), class_="actions"),
            ]
        )
        return _html(sheet("Neverdark", body, header=_header("/")))

    async def _page(self, request: Request) -> Response:
        looks, told, alive = await self._look()
        body = join(
            [
                tag("h1", _overall(looks, alive)),
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
            {
                "status": _worst(looks, alive),
                "says": str(_overall(looks, alive)),
                "providers": [
                    {
                        "provider": look.provider,
                        "name": look.label,
                        "status": look.tone,
                        "success_30_days": look.success,
                        "seconds_a_video": look.takes_s,
                        "days": [
                            {"day": day.isoformat(), "status": tone, "success": share} for day, tone, share in look.days
                        ],
                    }
                    for look in looks
                ],
                "incidents": [
                    {
                        "id": one.id,
                        "provider": one.provider,
                        "title": incident_title(one, self._labels),
                        "words": one.words,
                        "began_at": one.began_at.isoformat(),
                        "ended_at": one.ended_at.isoformat() if one.ended_at else None,
                    }
                    for one in told
                ],
            },
            headers={"access-control-allow-origin": "*", "cache-control": "public, max-age=20"},
        )

    async def _feed(self, request: Request) -> Response:
        _, told, _ = await self._look()
        base = self._base or str(request.base_url).rstrip("/")
        items = "".join(
            f"<item><title>{xml(incident_title(one, self._labels))}</title>"
            f"<link>{xml(base)}/status#incident-{one.id}</link>"
            f'<guid isPermaLink="false">neverdark-incident-{one.id}{"-over" if one.ended_at else ""}</guid>'
            f"<pubDate>{format_datetime(one.ended_at or one.began_at)}</pubDate>"
            f"<description>{xml(incident_span(one) + ('. ' + one.words if one.words else ''))}</description></item>"
            for one in told
        )
        feed = (
            '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Neverdark: incidents</title>'
            f"<link>{xml(base)}/status</link><description>Trouble at the providers behind /video.</description>{items}"
            "</channel></rss>"
        )
        return Response(feed, media_type="application/rss+xml", headers={"cache-control": "public, max-age=60"})


def _html(page: str) -> Response:
    return Response(page, media_type="text/html", headers={**SHEET_HEADERS, "cache-control": "public, max-age=20"})


def _header(here: str) -> Html:
    places = (("/", "Neverdark"), ("/status", "Status"))
    return join(tag("a", name, href=path, aria_current="page" if path == here else None) for path, name in places)


def _now(states: Sequence[str]) -> str:
    """The state of a provider now: it works if one of its routes does."""
    if not states:
        return "none"
    if "healthy" in states:
        return "good"
    return "bad" if all(state == "held" for state in states) else "some"


def _day(
    day: date, its: Sequence[RouteDay], name: ProviderName, told: Sequence[Incident]
) -> tuple[date, str, float | None]:
    ok, bad = sum(one.ok for one in its if one.day == day), sum(one.bad for one in its if one.day == day)
    share = ok / (ok + bad) if ok + bad else None
    trouble = [
        one
        for one in told
        if one.provider == name and one.began_at.date() <= day <= (one.ended_at or datetime.now(UTC)).date()
    ]
    if share is None and not trouble:
        return day, "none", None
    if (share is not None and share < BAD) or (share is None and any(one.is_out for one in trouble)):
        return day, "bad", share
    return day, "some" if trouble or (share is not None and share < GOOD) else "good", share


def _worst(looks: Sequence[ProviderLook], alive: int) -> str:
    tones = {look.tone for look in looks} - {"none"}
    if not alive or (tones and not tones & {"good", "some"}):
        return "bad"
    return "good" if tones <= {"good"} else "some"


def _overall(looks: Sequence[ProviderLook], alive: int) -> Html:
    if not alive:
        return Html("Videos are not made at the moment")
    match _worst(looks, alive):
        case "good":
            return Html("Everything works")
        case "some":
            return Html("Videos are made, some by the next provider in line")
        case _:
            return Html("No provider works at the moment")
