"""Opens what a process needs and closes it again: the pool, the hints, the storage, the providers.

It is the only reader of settings: all layers below get values.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from core import tracing
from core.db.pool import Pool, pool_for
from core.domain.chat.addresses import Addresses
from core.domain.health.config import HealthConfig, LatencyConfig, RoutingConfig
from core.domain.ids import ProviderName, RouteKey
from core.domain.requests.pricing import MICROS
from core.domain.requests.terms import Terms
from core.domain.time_scale import TimeScale
from core.prompt_help import PromptHelp
from core.providers import registry
from core.providers.adapter import RouteConfig
from core.providers.registry import ENTRIES, Registry
from core.queue import Hints
from core.settings import Settings, SettingsError, route_overrides
from core.storage import ObjectStorage
from core.trace_settings import trace_settings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """The parts that every process has.

    Args:
        redis_url: the address for the worker, which receives hints; `hints` sends them.
        time_scale: the factor by which the providers are faster than in reality; 1 in production.
    """

    pool: Pool
    hints: Hints
    terms: Terms
    redis_url: str
    time_scale: TimeScale
    settings: Settings
    by_provider: Mapping[ProviderName, tuple[RouteKey, ...]] = field(default_factory=dict)
    """Each provider's configured routes, in the order in which they are tried."""
    successors: Mapping[RouteKey, RouteKey] = field(default_factory=dict)
    """The configured route that takes over from one whose model is gone."""
    ends: Mapping[RouteKey, datetime] = field(default_factory=dict)
    """The earliest end of a configured route's model, where its vendor has announced one."""
    usual_s: Mapping[RouteKey, float] = field(default_factory=dict)
    """The usual seconds for a clip at each route, in this installation's time, until there is history."""


@asynccontextmanager
async def open_runtime(settings: Settings, *, process: str, connections: int) -> AsyncIterator[Runtime]:
    """Open the parts that a bot needs, without waiting: a process may start while Postgres or Redis is away.

    Args:
        process: its name, such as worker or web.

    Raises:
        SettingsError: a setting is missing or wrong.
    """
    if settings.database_url is None or settings.redis_url is None:
        missing = "DATABASE_URL" if settings.database_url is None else "REDIS_URL"
        raise SettingsError(f"{missing} is not set; `neverdark up` runs a server of its own and sets it.")
    redis_url = settings.redis_url.get_secret_value()
    providers, scaled = open_providers(), time_scale(settings).scaled
    hints = Hints(redis_url)
    try:
        async with (
            traced(process=process),
            pool_for(settings.database_url.get_secret_value(), size_max=connections) as pool,
        ):
            yield Runtime(
                pool=pool,
                hints=hints,
                terms=terms(settings, providers),
                redis_url=redis_url,
                time_scale=time_scale(settings),
                settings=settings,
                by_provider=configured(providers),
                successors=successors(providers),
                ends=ends(providers),
                usual_s={name: scaled(route.facts.usual_s) for name, route in providers.routes.items()},
            )
    finally:
        await hints.aclose()
        await providers.aclose()


@asynccontextmanager
async def traced(*, process: str) -> AsyncIterator[None]:
    """Send this process's spans within a block, if the operator has configured a collector."""
    settings = trace_settings()
    if settings.otel_exporter_otlp_endpoint is None:
        yield
        return
    try:
        from core.otlp import OtlpTracer
    except ImportError:
        # Some clusters set the variable for all programs, so a missing extra is no reason not to start.
        log.warning("traces.not_installed", install="pip install 'neverdark[otel]'")
        yield
        return
    tracer = OtlpTracer(
        process=process,
        endpoint=settings.otel_exporter_otlp_endpoint,
        headers=settings.headers,
        share=settings.otel_traces_sampler_arg,
    )
    tracing.use(tracer)
    try:
        yield
    finally:
        tracing.use(None)
        await tracer.aclose()


def open_providers() -> Registry:
    """Every route with its settings; those without a key are not configured."""
    overrides = route_overrides(entry.key for entry in ENTRIES)
    config = {
        route: RouteConfig(
            api_key=known.api_key.get_secret_value() if known.api_key else None,
            base_url=known.base_url,
            model=known.model,
            max_in_flight=known.max_in_flight,
            submits_per_min=known.submits_per_min,
            allow_private=known.allow_private,
            extra=known.extra,
        )
        for route, known in overrides.items()
    }
    return registry.build(config)


def configured(providers: Registry) -> Mapping[ProviderName, tuple[RouteKey, ...]]:
    """By provider with a key: its routes that have a key, in the order in which they are tried."""
    found = {
        provider: tuple(route for route in routes if providers.routes[route].facts.configured)
        for provider, routes in providers.by_provider.items()
    }
    return {provider: routes for provider, routes in found.items() if routes}


def successors(providers: Registry) -> Mapping[RouteKey, RouteKey]:
    """The configured route that takes over from one whose model is gone."""
    return {
        route: successor
        for route, successor in providers.successors.items()
        if providers.routes[successor].facts.configured
    }


def ends(providers: Registry) -> Mapping[RouteKey, datetime]:
    """The ends of the configured routes' models, as far as vendors have announced them."""
    facts = (route.facts for route in providers.routes.values())
    return {each.key: each.announced_end for each in facts if each.configured and each.announced_end is not None}


def terms(settings: Settings, providers: Registry) -> Terms:
    """The operator's terms: offers of the configured providers, and the numbers from the settings."""
    reachable, scaled = configured(providers), time_scale(settings).scaled
    return Terms(
        offers={name: offer for name, offer in providers.offers.items() if name in reachable},
        credits_per_usd=settings.credits_per_usd,
        free_credits=settings.free_credits,
        window_s=scaled(settings.delivery_window_s),
        start_by_s=scaled(settings.start_by_s),
        approve_by_s=scaled(settings.approve_by_s),
        last_resort=settings.last_resort,
        patience=settings.patience,
        time_scale=time_scale(settings),
        open_most=settings.open_per_person,
    )


def spending_limits() -> dict[RouteKey, int]:
    """By route that has a limit: the cost of its attempts in a day at most, in millionths of a US dollar."""
    overrides = route_overrides(entry.key for entry in ENTRIES)
    return {
        route: round(known.usd_per_day * MICROS) for route, known in overrides.items() if known.usd_per_day is not None
    }


def timeout_ceilings() -> dict[RouteKey, float]:
    """By route that has one: the operator's limit for one attempt, in real seconds."""
    overrides = route_overrides(entry.key for entry in ENTRIES)
    return {route: known.timeout_max_s for route, known in overrides.items() if known.timeout_max_s is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The numbers of health, routing and latency, in this installation's time."""

    health: HealthConfig
    routing: RoutingConfig
    latency: LatencyConfig


def time_scale(settings: Settings) -> TimeScale:
    return TimeScale(settings.time_scale)


def numbers(settings: Settings) -> Numbers:
    scale = time_scale(settings)
    return Numbers(
        health=HealthConfig().scaled(scale),
        routing=RoutingConfig().scaled(scale),
        latency=LatencyConfig().scaled(scale),
    )


def addresses(settings: Settings) -> Addresses | None:
    """Makes addresses at which vendors and people reach us; None without a public address.

    Raises:
        SettingsError: a public address is set without a secret to sign with.
    """
    if settings.public_url is None:
        return None
    if settings.link_secret is None:
        raise SettingsError("LINK_SECRET is not set; beside PUBLIC_URL it wants a secret of at least 16 characters.")
    return Addresses(base=settings.public_url.rstrip("/"), secret=settings.link_secret.get_secret_value())


def prompt_help(settings: Settings) -> PromptHelp | None:
    """The help that improves descriptions; None unless the operator has configured an endpoint."""
    if settings.prompt_help_url is None:
        return None
    return PromptHelp(
        url=settings.prompt_help_url,
        model=settings.prompt_help_model,
        key=settings.prompt_help_key.get_secret_value() if settings.prompt_help_key is not None else None,
        timeout_s=settings.prompt_help_timeout_s,
    )


def storage(settings: Settings) -> ObjectStorage:
    return ObjectStorage(settings.storage)
