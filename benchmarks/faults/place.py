"""Where a fault happens: its vendor and the next one, each on a port of its own, and the product's adapters to them."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from benchmarks.faults.dialects import WanWire
from benchmarks.faults.fault_list import Entry
from benchmarks.faults.films import film
from benchmarks.faults.vendor import TAKES_S, Vendor
from benchmarks.faults.wire import serving
from core.domain.requests.pricing import Fitted, fit
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import TierName
from core.http.client import HttpSettings
from core.providers import registry
from core.providers.adapter import RouteConfig
from core.providers.registry import Registry

REQUEST = VideoRequest(prompt="a red fox in the snow", tier=TierName.DEFAULT)
EPOCH = datetime(2026, 11, 30, 12, tzinfo=UTC)
NOBODY = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The faulty vendor and the next one, and what the product would ask each of them for."""

    vendors: tuple[Vendor, Vendor]
    built: Registry
    fitted: tuple[Fitted, Fitted]


async def opened(entry: Entry, stack: AsyncExitStack, clock: Callable[[], float]) -> Place:
    """Start both, until the stack is left."""
    offers = registry.build({}).offers
    dialects = (entry.dialect(), WanWire())
    fitted = tuple(fit(REQUEST, offers[dialect.provider].capabilities) for dialect in dialects)
    films = [film(each.duration_s, each.lines, sound=each.audio) for each in fitted]
    first = Vendor(dialect=dialects[0], now=clock, film=films[0], takes_s=entry.takes_s, fault=entry.fault)
    second = Vendor(dialect=dialects[1], now=clock, film=films[1], takes_s=TAKES_S, fault=entry.other)
    config = {}
    for vendor in (first, second):
        vendor.base = await stack.enter_async_context(serving(vendor.handle))
        config[vendor.dialect.route] = RouteConfig(api_key="key", base_url=vendor.base, allow_private=True)
    if entry.special == "down":
        config[first.dialect.route] = replace(config[first.dialect.route], base_url=NOBODY)
    wiring = HttpSettings(
        clock=clock, connect_s=1.0, submit_s=0.6, ask_s=0.4, download_s=10.0, download_idle_s=1.0,
        download_pause_s=0.005,
    )  # fmt: skip
    built = registry.build(config, wiring=wiring)
    stack.push_async_callback(built.aclose)
    return Place(vendors=(first, second), built=built, fitted=(fitted[0], fitted[1]))
