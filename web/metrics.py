"""`/metrics` for Prometheus: metrics from the database, read every few seconds at most.

They tell about money, so they are not public: without METRICS_TOKEN, only a scraper on this machine gets them. A
request through a proxy is recognized by its peer address, or by a header that no scraper sends.
"""

import asyncio
import hmac
import time
from collections.abc import Iterator, Mapping
from ipaddress import IPv6Address, ip_address
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from core.db.errors import connection
from core.db.health import service_status
from core.db.health.service_status import Figures
from core.db.pool import Pool
from core.domain.health.provider_status import Availability
from core.domain.ids import ProviderName
from core.metrics import WORKERS
from core.usecases.health.availability import Watched, in_use

KEPT_S = 5.0
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SCRAPERS = frozenset(
    {"host", "user-agent", "accept", "accept-encoding", "accept-language", "connection", "cache-control", "pragma"}
    | {"x-prometheus-scrape-timeout-seconds", "authorization", "dnt", "upgrade-insecure-requests"}
)
"""The headers that a scraper, curl or a browser sends. Any other header may come from a proxy."""
_BROWSERS = "sec-"


class Overview:
    """The figures of the whole, for everybody who asks: the public port, and the one that is for scrapers."""

    def __init__(self, pool: Pool, *, watched: Watched | None = None) -> None:
        self._pool = pool
        self._watched = watched or Watched()
        self._text = b""
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    async def text(self) -> bytes:
        """As Prometheus reads them, some seconds old at most.

        Raises:
            DatabaseAway
        """
        async with self._reading:
            if time.monotonic() - self._read_at > KEPT_S:
                async with connection(self._pool) as conn:
                    read = await service_status.figures(conn)
                    providers = (await in_use(conn, self._watched)).availabilities()
                self._text = exposition(read, providers)
                self._read_at = time.monotonic()
        return self._text


class Metrics:
    """Answers `/metrics` on the public port, with the figures of this process behind those of the whole."""

    def __init__(self, *, overview: Overview, token: str | None) -> None:
        self._overview = overview
        self._token = token

    def routes(self) -> list[BaseRoute]:
        return [Route("/metrics", self._metrics)]

    async def _metrics(self, request: Request) -> Response:
        if not self._may(request):
            raise HTTPException(404)
        text = await self._overview.text() + await asyncio.to_thread(generate_latest)
        return Response(text, headers={"content-type": CONTENT_TYPE})

    def _may(self, request: Request) -> bool:
        if self._token is None:
            return is_from_here(request)
        given = request.headers.get("authorization", "").encode("utf-8", "replace")
        return hmac.compare_digest(given, f"Bearer {self._token}".encode())


def is_from_here(request: Request) -> bool:
    """Whether a request comes from a client on this machine without a proxy, as far as that can be seen.

    HTTP/1.0 is nginx's default towards a server behind it, even where nginx adds no header.
    """
    if request.client is None or request.scope.get("http_version") == "1.0":
        return False
    try:
        peer = ip_address(request.client.host)
    except ValueError:
        return False
    mapped = peer.ipv4_mapped if isinstance(peer, IPv6Address) else None
    plain = all(name in _SCRAPERS or name.startswith(_BROWSERS) for name in request.headers)
    return (mapped or peer).is_loopback and plain


def exposition(figures: Figures, providers: Mapping[ProviderName, Availability]) -> bytes:
    """The figures of the whole as Prometheus reads them."""
    WORKERS.set(figures.workers)
    registry = CollectorRegistry()
    registry.register(_Collector(figures, providers))
    text: bytes = generate_latest(registry)
    return text


class _Collector(Collector):
    def __init__(self, figures: Figures, providers: Mapping[ProviderName, Availability]) -> None:
        self._figures = figures
        self._providers = providers

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        figures = self._figures
        yield from _of_generations(figures)
        yield from _of_waiting(figures)
        yield from _of_routes(figures)
        yield _gauge(
            "neverdark_provider_status",
            "How each provider does, in the word of the status page: 1 for the one that fits.",
            ("provider", "status"),
            {(name, word): int(word is now) for name, now in self._providers.items() for word in Availability},
        )
        yield from _of_credits(figures)


def _of_generations(f: Figures) -> Iterator[GaugeMetricFamily]:
    yield _gauge("neverdark_generations", "Generations that are not done, by state.", ("state",), _keyed(f.generations))
    yield _gauge(
        "neverdark_generations_stalled",
        "Generations that do not move although they should.",
        ("why",),
        _keyed(f.stalled),
    )
    yield _gauge(
        "neverdark_generations_ended_hour",
        "Generations that ended in the last hour.",
        ("outcome",),
        _keyed(f.ended),
    )
    yield _gauge(
        "neverdark_attempts", "Attempts that are open, or ended with their generation in the last hour.",
        ("route", "state"),
        f.attempts,
    )  # fmt: skip
    yield _gauge(
        "neverdark_generations_by_tier",
        "Generations that are not done.",
        ("tier", "state"),
        f.tiers,
    )


def _of_waiting(f: Figures) -> Iterator[GaugeMetricFamily]:
    """Queues for routes, and rows that are due."""
    yield _gauge("neverdark_queued", "Generations that wait for a route's room.", ("route", "tier"), f.queued)
    yield _gauge(
        "neverdark_queued_seconds",
        "For how long the first has waited for a route's room.",
        ("route", "tier"),
        f.queued_s,
    )
    yield _gauge("neverdark_deliveries_due", "Messages that should be said by now.", (), {(): f.deliveries_due})
    yield _gauge(
        "neverdark_due_lag_seconds", "For how long the oldest due row has been waiting.", ("kind",), _keyed(f.lag_s)
    )


def _of_routes(f: Figures) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
    yield _gauge(
        "neverdark_route_state", "The state of each route's health: 1 for the one it is in.", ("route", "state"),
        dict.fromkeys(f.routes.items(), 1),
    )  # fmt: skip
    moved = CounterMetricFamily(
        "neverdark_route_transitions",
        "How often a route's health has gone to a state, and why.",
        labels=("route", "to", "reason"),
    )
    for key, count in sorted(f.transitions.items()):
        moved.add_metric(key, count)
    yield moved


def _of_credits(f: Figures) -> Iterator[GaugeMetricFamily]:
    yield _gauge(
        "neverdark_credits", "Credits over all teams: to be spent, and held by what is under way.", ("what",),
        {("balance",): f.balance, ("held",): f.held},
    )  # fmt: skip


def _keyed(values: Mapping[str, float]) -> dict[tuple[str, ...], float]:
    return {(name,): value for name, value in values.items()}


def _gauge(name: str, words: str, labels: tuple[str, ...], values: Mapping[Any, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(key, value)
    return family
