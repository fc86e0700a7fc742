"""The list of routes, one line each. A new provider is one line here, one file beside it, and one test file."""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from core.domain.ids import ProviderName, RouteKey
from core.domain.requests.pricing import Offer, Offers
from core.domain.requests.tiers import HAILUO, KLING, SEEDANCE, VEO, WAN
from core.http.client import HttpSettings
from core.ports import VideoRoute
from core.providers import (
    fal,
    hailuo,
    hailuo_v2,
    kling,
    kling_legacy,
    omni,
    omni_vertex,
    replicate,
    seedance,
    veo,
    vertex,
    wan,
)
from core.providers.adapter import RouteConfig
from core.providers.lifecycle import successor_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One route: its adapter, its defaults, and its successor.

    Args:
        offer: makes the provider's offer (capabilities and prices) from a route's settings. The first route's offer
        holds for all routes of a provider: a price never depends on the route.
        shares: the route whose key, address and extras this route uses unless it has its own.
        successor: the route that takes over when this route's model is gone; not used before that.
        follows: whether its default model is the successor of the model of the route that it shares with.
    """

    key: RouteKey
    provider: ProviderName
    build: Callable[[RouteConfig, HttpSettings], VideoRoute]
    defaults: RouteConfig
    offer: Callable[[RouteConfig], Offer]
    shares: RouteKey | None = None
    successor: RouteKey | None = None
    follows: bool = False


def _route(
    key: str,
    provider: ProviderName,
    build: Callable[[RouteConfig, HttpSettings], VideoRoute],
    defaults: RouteConfig,
    offer: Callable[[RouteConfig], Offer],
    *,
    shares: str | None = None,
    successor: str | None = None,
    follows: bool = False,
) -> Entry:
    return Entry(
        key=RouteKey(key),
        provider=provider,
        build=build,
        defaults=defaults,
        offer=offer,
        shares=RouteKey(shares) if shares else None,
        successor=RouteKey(successor) if successor else None,
        follows=follows,
    )


_ARK_2 = replace(seedance.DEFAULTS, model=seedance.SUCCESSOR)
_VOLC_2 = replace(seedance.VOLC_DEFAULTS, model=seedance.VOLC_SUCCESSOR)
_WAN_2 = replace(wan.DEFAULTS, model=wan.SUCCESSOR)
_WAN_BEIJING_2 = replace(wan.BEIJING_DEFAULTS, model=wan.SUCCESSOR)

_OFFERS = (
    (VEO, veo.offer), (KLING, kling.offer), (SEEDANCE, seedance.offer), (HAILUO, hailuo.offer), (WAN, wan.offer),
)  # fmt: skip

ENTRIES = (
    _route("veo.vertex", VEO, vertex.VeoVertex, vertex.DEFAULTS, veo.offer, successor="veo.vertex2"),
    _route("veo.vertex2", VEO, omni_vertex.OmniVertex, omni_vertex.DEFAULTS, veo.offer, shares="veo.vertex"),
    _route("veo.gemini", VEO, veo.VeoGemini, veo.DEFAULTS, veo.offer, successor="veo.omni"),
    _route("veo.omni", VEO, omni.Omni, omni.DEFAULTS, veo.offer, shares="veo.gemini"),
    _route("kling.api", KLING, kling.Kling, kling.DEFAULTS, kling.offer),
    _route("kling.legacy", KLING, kling_legacy.KlingLegacy, kling_legacy.DEFAULTS, kling.offer),
    _route("seedance.ark", SEEDANCE, partial(seedance.Seedance, key="seedance.ark"), seedance.DEFAULTS, seedance.offer,
           successor="seedance.ark2"),
    _route("seedance.ark2", SEEDANCE, partial(seedance.Seedance, key="seedance.ark2"), _ARK_2, seedance.offer,
           shares="seedance.ark", follows=True),
    _route("seedance.volc", SEEDANCE, partial(seedance.Seedance, key="seedance.volc"), seedance.VOLC_DEFAULTS,
           seedance.offer, successor="seedance.volc2"),
    _route("seedance.volc2", SEEDANCE, partial(seedance.Seedance, key="seedance.volc2"), _VOLC_2, seedance.offer,
           shares="seedance.volc", follows=True),
    _route("hailuo.api", HAILUO, partial(hailuo.Hailuo, key="hailuo.api"), hailuo.DEFAULTS, hailuo.offer,
           successor="hailuo.api2"),
    _route("hailuo.api2", HAILUO, partial(hailuo_v2.HailuoV2, key="hailuo.api2"), hailuo_v2.DEFAULTS, hailuo.offer,
           shares="hailuo.api"),
    _route("hailuo.cn", HAILUO, partial(hailuo.Hailuo, key="hailuo.cn"), hailuo.CN_DEFAULTS, hailuo.offer,
           successor="hailuo.cn2"),
    _route("hailuo.cn2", HAILUO, partial(hailuo_v2.HailuoV2, key="hailuo.cn2"), hailuo_v2.CN_DEFAULTS, hailuo.offer,
           shares="hailuo.cn"),
    _route("wan.dashscope", WAN, partial(wan.Wan, key="wan.dashscope"), wan.DEFAULTS, wan.offer,
           successor="wan.dashscope2"),
    _route("wan.dashscope2", WAN, partial(wan.Wan, key="wan.dashscope2"), _WAN_2, wan.offer, shares="wan.dashscope",
           follows=True),
    _route("wan.beijing", WAN, partial(wan.Wan, key="wan.beijing"), wan.BEIJING_DEFAULTS, wan.offer,
           successor="wan.beijing2"),
    _route("wan.beijing2", WAN, partial(wan.Wan, key="wan.beijing2"), _WAN_BEIJING_2, wan.offer, shares="wan.beijing",
           follows=True),
    *(_route(f"{name}.fal", name, partial(fal.Fal, provider=name), fal.DEFAULTS, offer) for name, offer in _OFFERS),
    *(_route(f"{name}.replicate", name, partial(replicate.Replicate, provider=name), replicate.DEFAULTS, offer)
      for name, offer in _OFFERS),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """Every route, ready to be called. A route without a key has `configured=False` in its facts.

    Args:
        offers: by provider, its capabilities and prices.
        by_provider: the routes to a provider in the order in which they are tried, without successors.
        successors: by route, the route that takes over when its model is gone.
    """

    routes: Mapping[RouteKey, VideoRoute]
    offers: Offers
    by_provider: Mapping[ProviderName, tuple[RouteKey, ...]]
    successors: Mapping[RouteKey, RouteKey]

    def order(self, provider: ProviderName, *, gone: Container[RouteKey] = ()) -> tuple[RouteKey, ...]:
        """A provider's routes in the order of trying, each followed by its successor if its model is gone."""
        found: list[RouteKey] = []
        for route in self.by_provider[provider]:
            found.append(route)
            successor = self.successors.get(route)
            if route in gone and successor is not None and successor not in found:
                found.append(successor)
        return tuple(found)

    async def aclose(self) -> None:
        for route in self.routes.values():
            await route.aclose()


def build(
    config: Mapping[RouteKey, RouteConfig], *, wiring: HttpSettings | None = None, entries: Iterable[Entry] = ENTRIES
) -> Registry:
    """All routes with their settings over the defaults. No connection is opened before the first call."""
    routes: dict[RouteKey, VideoRoute] = {}
    offers: dict[ProviderName, Offer] = {}
    by_provider: dict[ProviderName, tuple[RouteKey, ...]] = {}
    entries = tuple(entries)
    successors = {entry.key: entry.successor for entry in entries if entry.successor}
    for entry in entries:
        settled = settings(entry, config)
        routes[entry.key] = entry.build(settled, wiring or HttpSettings())
        offers.setdefault(entry.provider, entry.offer(settled))
        if entry.key not in successors.values():
            by_provider[entry.provider] = (*by_provider.get(entry.provider, ()), entry.key)
    return Registry(routes=routes, offers=offers, by_provider=by_provider, successors=successors)


def default_models(entries: Iterable[Entry] = ENTRIES) -> tuple[str, ...]:
    """The default model of every route."""
    return tuple(route.facts.model for route in build({}, entries=entries).routes.values())


def settings(entry: Entry, config: Mapping[RouteKey, RouteConfig]) -> RouteConfig:
    """A route's own settings, over those of the route that it shares with, over its defaults."""
    own = config.get(entry.key, RouteConfig())
    if entry.shares is not None and entry.shares in config:
        shared = config[entry.shares]
        model = successor_of(shared.model or "") if entry.follows else None
        own = own.over(replace(shared, model=model))
    return own.over(entry.defaults)
