"""Every route that there is; what a new one takes is in test_sixth."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.domain.ids import RouteKey
from core.domain.requests.pricing import fit, quote
from core.domain.requests.request import Aspect, VideoRequest
from core.domain.requests.tiers import KLING, TIERS, VEO, Tier, TierName
from core.providers.adapter import RouteConfig, unfit
from core.providers.registry import ENTRIES, Entry, build, settings
from tests.providers.contract import Contract
from tests.providers.harness import KEY

HERE = Path(__file__).parent


def test_every_route_passes_the_contract() -> None:
    for path in HERE.glob("test_*.py"):
        __import__(f"tests.providers.{path.stem}")
    proven = {getattr(case, "route", None) for case in _descendants(Contract)}
    assert {entry.key for entry in ENTRIES} <= proven


def _descendants(kind: type[Contract]) -> set[type[Contract]]:
    return {kind, *(deeper for child in kind.__subclasses__() for deeper in _descendants(child))} - {Contract}


def test_every_provider_of_every_tier_has_an_offer_and_a_route() -> None:
    registry = build({})
    for tier in TIERS.values():
        for provider in tier.chain:
            assert registry.offers[provider].provider == provider
            assert registry.by_provider[provider]


def test_a_route_is_what_its_key_says() -> None:
    for key, route in build({}).routes.items():
        assert route.facts.key == key
        assert route.facts.provider == key.partition(".")[0]
        assert route.facts.model
        assert not route.facts.configured


SUCCESSIONS = {
    # route: (its successor, whether that has the next model of the same adapter)
    "veo.vertex": ("veo.vertex2", False),
    "veo.gemini": ("veo.omni", False),
    "seedance.ark": ("seedance.ark2", True),
    "seedance.volc": ("seedance.volc2", True),
    "hailuo.api": ("hailuo.api2", False),
    "hailuo.cn": ("hailuo.cn2", False),
    "wan.dashscope": ("wan.dashscope2", True),
    "wan.beijing": ("wan.beijing2", True),
}


def test_who_succeeds_whom_and_shares_the_key_of_whom() -> None:
    assert {entry.key: entry.successor for entry in ENTRIES if entry.successor} == {
        key: successor for key, (successor, _) in SUCCESSIONS.items()
    }
    assert {entry.key: (entry.shares, entry.follows) for entry in ENTRIES if entry.shares or entry.follows} == {
        successor: (key, follows) for key, (successor, follows) in SUCCESSIONS.items()
    }
    assert build({}).successors == {key: successor for key, (successor, _) in SUCCESSIONS.items()}


@pytest.mark.parametrize("tier", TIERS.values(), ids=TIERS.keys())
@pytest.mark.parametrize("seconds", [2, 5, 8, 15])
@pytest.mark.parametrize("aspect", Aspect)
def test_every_request_has_a_price_at_every_provider(tier: Tier, seconds: int, aspect: Aspect) -> None:
    offers = build({}).offers
    asked = VideoRequest(prompt="x", tier=tier.name, duration_s=seconds, aspect=aspect)
    quoted = quote(asked, offers, providers=offers, credits_per_usd=150)
    assert min(quoted.by_provider.values()) >= 1
    assert quoted.credits == max(quoted.by_provider.values())


def test_a_successor_is_in_no_chain_until_it_is_needed() -> None:
    registry = build({})
    chains = {key for keys in registry.by_provider.values() for key in keys}
    for gone, successor in registry.successors.items():
        assert gone in registry.routes
        assert successor in registry.routes
        assert successor not in chains


def test_a_successor_takes_its_place_behind_the_route_whose_model_is_gone() -> None:
    registry = build({})
    assert "veo.omni" not in registry.order(VEO)
    after = registry.order(VEO, gone={RouteKey("veo.gemini")})
    assert after[:3] == ("veo.vertex", "veo.gemini", "veo.omni")
    assert "veo.vertex2" not in after
    both = registry.order(VEO, gone={RouteKey("veo.vertex"), RouteKey("veo.gemini")})
    assert both[:4] == ("veo.vertex", "veo.vertex2", "veo.gemini", "veo.omni")
    assert len(both) == len(set(both))
    assert registry.order(KLING, gone={RouteKey("kling.api")}) == registry.order(KLING), "nobody succeeds it"


@pytest.mark.parametrize(
    ("route", "asked", "frames", "why"),
    [("kling.api", VideoRequest(prompt="x", tier=TierName.ULTRA), 2, None),
     ("veo.omni", VideoRequest(prompt="x"), 1, None),
     ("veo.omni", VideoRequest(prompt="x"), 2, None),
     ("kling.fal", VideoRequest(prompt="x", tier=TierName.ULTRA), 0, "no 8 s at 2160p"),
     ("kling.replicate", VideoRequest(prompt="x", duration_s=8), 2, None),
     ("kling.replicate", VideoRequest(prompt="x", tier=TierName.ULTRA), 0, None),
     ("hailuo.replicate", VideoRequest(prompt="x", duration_s=10, tier=TierName.STANDARD), 0, None),
     ("wan.replicate", VideoRequest(prompt="x", tier=TierName.DRAFT, aspect=Aspect.TALL), 0, "no 9:16"),
     ("wan.replicate", VideoRequest(prompt="x", tier=TierName.DRAFT, aspect=Aspect.TALL), 1, None),
     ("wan.fal", VideoRequest(prompt="x"), 0, "no 5 s at 1080p")],
)  # fmt: skip
def test_a_route_says_what_it_cannot_make(route: str, asked: VideoRequest, frames: int, why: str | None) -> None:
    registry = build({})
    facts = registry.routes[RouteKey(route)].facts
    fitted = fit(asked, registry.offers[facts.provider].capabilities)
    assert unfit(facts, fitted, first_frame=frames > 0, last_frame=frames > 1) == why


def test_a_successor_uses_the_key_and_the_address_of_the_route_before_it() -> None:
    ark, ark2 = (next(e for e in ENTRIES if e.key == key) for key in ("seedance.ark", "seedance.ark2"))
    given = {ark.key: RouteConfig(api_key=KEY, base_url="http://127.0.0.1:1/api/v3/", model="ep-1", allow_private=True)}
    assert settings(ark, given).model == "ep-1"
    assert settings(ark2, given).model == "dreamina-seedance-2-0-260128"
    assert settings(ark2, given).api_key == KEY
    assert settings(ark2, given).base_url == "http://127.0.0.1:1/api/v3"
    assert settings(ark2, given).allow_private


@pytest.mark.parametrize(
    ("route", "model", "successor"),
    [("seedance.ark", "seedance-1-5-pro-251215", "dreamina-seedance-2-0-mini-260615"),
     ("seedance.ark", "dreamina-seedance-2-0-mini-260615", "dreamina-seedance-2-0-260128"),
     ("seedance.volc", "doubao-seedance-1-5-pro-251215", "doubao-seedance-2-0-mini-260615"),
     ("seedance.ark", None, "dreamina-seedance-2-0-260128"),
     ("wan.dashscope", None, "wan2.7-t2v"),
     ("wan.dashscope", "wan2.7-t2v", "wan3.0-video"),
     ("wan.beijing", "wan2.2-t2v-plus", "wan2.7-t2v")],
)  # fmt: skip
def test_a_successors_model_is_what_comes_after_the_one_that_is_gone(
    route: str, model: str | None, successor: str
) -> None:
    registry = build({RouteKey(route): RouteConfig(api_key=KEY, model=model)})
    after = registry.successors[RouteKey(route)]
    assert registry.routes[after].facts.model == successor


def test_only_a_route_that_follows_takes_the_next_model() -> None:
    ark2 = next(entry for entry in ENTRIES if entry.key == "seedance.ark2")
    given = {RouteKey("seedance.ark"): RouteConfig(api_key=KEY, model="seedance-1-5-pro-251215")}
    assert settings(ark2, given).model == "dreamina-seedance-2-0-mini-260615"
    assert settings(replace(ark2, follows=False), given).model == "dreamina-seedance-2-0-260128"
    alone = Entry(
        key=ark2.key, provider=ark2.provider, build=ark2.build, defaults=ark2.defaults, offer=ark2.offer
    )  # fmt: skip
    assert (alone.shares, alone.successor, alone.follows) == (None, None, False)


def test_a_setting_that_is_given_wins_over_the_dated_default() -> None:
    kling = next(entry for entry in ENTRIES if entry.key == "kling.api")
    route = build({kling.key: RouteConfig(api_key=KEY, model="kling-9", max_in_flight=3)}).routes[kling.key]
    assert (route.facts.model, route.facts.max_in_flight, route.facts.configured) == ("kling-9", 3, True)


def test_no_key_shows_when_a_setting_is_printed() -> None:
    assert KEY not in repr(RouteConfig(api_key=KEY, extra={"token": KEY}))
