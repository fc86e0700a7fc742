"""Every number that a route promises: addresses, limits, times, what its model makes, and each list price.

Written down once more, so that a slip of one digit in an adapter's table does not pass as a new price.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from core.domain.ids import RouteKey
from core.domain.requests.options import VENDOR_OPTIONS
from core.domain.requests.pricing import Capabilities, Fitted, Mode, Sound
from core.domain.requests.request import Aspect
from core.http.client import HttpSettings
from core.providers import (
    fal,
    fal_models,
    hailuo,
    hailuo_v2,
    kling,
    kling_legacy,
    omni,
    omni_vertex,
    replicate,
    replicate_models,
    seedance,
    veo,
    vertex,
    wan,
)
from core.providers.adapter import RouteConfig
from core.providers.registry import ENTRIES, settings
from tests.providers.harness import entry, offer

MODULES = (fal, fal_models, hailuo, hailuo_v2, kling, kling_legacy, omni, omni_vertex, replicate, replicate_models,
           seedance, veo, vertex, wan)  # fmt: skip
"""What these tables are about: `tests.mutants` finds them here by their imports."""


@dataclass(frozen=True)
class Promised:
    """What a route says of itself, and its defaults."""

    base_url: str | None
    model: str
    max_in_flight: int | None
    submits_per_min: int | None
    can: str
    find_lag_s: float
    usual_s: float
    timeout_max_s: dict[int | None, float]
    late_s: float
    sides: tuple[int, int]
    extra: Mapping[str, str] = field(default_factory=dict)


route = Promised
FLAGS = ("first_frame", "last_frame", "follows_frame")


def makes(
    modes: Mapping[int, str], aspects: str, sound: str, prompt_max: int, flags: str, *,
    references: int = 0, references_in: str = "", references_s: tuple[int, ...] = (),
) -> Capabilities:  # fmt: skip
    """Capabilities, with seconds as "3-15" or "4 6 8"."""

    def seconds(words: str) -> tuple[int, ...]:
        first, dash, last = words.partition("-")
        return tuple(range(int(first), int(last) + 1)) if dash else tuple(int(word) for word in words.split())

    return Capabilities(
        modes=tuple(Mode(lines=lines, durations_s=seconds(words)) for lines, words in modes.items()),
        aspects=tuple(Aspect(word) for word in aspects.split()),
        sound=Sound(sound),
        prompt_max=prompt_max,
        options=frozenset(option for option in VENDOR_OPTIONS if option in flags.split()),
        references_max=references,
        reference_durations_s=references_s,
        reference_aspects=tuple(Aspect(word) for word in references_in.split()),
        **{name: name in flags.split() for name in FLAGS},
    )


ROUTES = {
    "veo.vertex": route(None, "veo-3.1-generate-001", None, 50, "",
        find_lag_s=2.0, usual_s=75.0, timeout_max_s={None: 600.0}, late_s=1800.0, sides=(300, 4096),
        extra={"location": "us-central1", "storage_url": "https://storage.googleapis.com"}),
    "veo.vertex2": route(None, "gemini-omni-1.2-flash", None, 50, "can_cancel",
        find_lag_s=2.0, usual_s=75.0, timeout_max_s={None: 600.0}, late_s=1800.0, sides=(300, 4096),
        extra={"storage_url": "https://storage.googleapis.com"}),
    "veo.gemini": route(
        "https://generativelanguage.googleapis.com", "veo-3.1-generate-preview", None, 50, "has_callbacks",
        find_lag_s=2.0, usual_s=75.0, timeout_max_s={None: 600.0}, late_s=1800.0, sides=(300, 4096), extra={}),
    "veo.omni": route(
        "https://generativelanguage.googleapis.com", "gemini-omni-1.2-flash", None, None, "can_cancel has_callbacks",
        find_lag_s=2.0, usual_s=75.0, timeout_max_s={None: 600.0}, late_s=1800.0, sides=(300, 4096), extra={}),
    "kling.api": route("https://api-singapore.klingai.com", "kling-3.0", 20, None, "can_find has_callbacks",
        find_lag_s=5.0, usual_s=120.0, timeout_max_s={None: 600.0}, late_s=1800.0, sides=(300, 4096), extra={}),
    "kling.legacy": route("https://api-singapore.klingai.com", "kling-v3", 20, None, "can_find has_callbacks",
        find_lag_s=5.0, usual_s=120.0, timeout_max_s={None: 600.0}, late_s=1800.0, sides=(300, 4096), extra={}),
    "seedance.ark": route(
        "https://ark.ap-southeast.bytepluses.com/api/v3", "dreamina-seedance-2-0-mini-260615", 3, 60,
        "can_cancel can_find has_callbacks",
        find_lag_s=5.0, usual_s=80.0, timeout_max_s={None: 600.0}, late_s=1800.0, sides=(300, 4096), extra={}),
    "seedance.ark2": route(
        "https://ark.ap-southeast.bytepluses.com/api/v3", "dreamina-seedance-2-0-260128", 3, 60,
        "can_cancel can_find has_callbacks",
        find_lag_s=5.0, usual_s=80.0, timeout_max_s={None: 600.0}, late_s=1800.0, sides=(300, 4096), extra={}),
    "seedance.volc": route(
        "https://ark.cn-beijing.volces.com/api/v3", "doubao-seedance-2-0-mini-260615", 3, 60,
        "can_cancel can_find has_callbacks",
        find_lag_s=5.0, usual_s=80.0, timeout_max_s={None: 600.0}, late_s=1800.0, sides=(300, 4096), extra={}),
    "seedance.volc2": route(
        "https://ark.cn-beijing.volces.com/api/v3", "doubao-seedance-2-0-260128", 3, 60,
        "can_cancel can_find has_callbacks",
        find_lag_s=5.0, usual_s=80.0, timeout_max_s={None: 600.0}, late_s=1800.0, sides=(300, 4096), extra={}),
    "hailuo.api": route("https://api.minimax.io", "MiniMax-Hailuo-2.3", None, 20, "has_callbacks",
        find_lag_s=2.0, usual_s=240.0, timeout_max_s={None: 600.0, 10: 840.0}, late_s=1800.0, sides=(300, 4096),
        extra={}),
    "hailuo.api2": route("https://api.minimax.io", "MiniMax-H3", None, 20, "can_cancel can_find has_callbacks",
        find_lag_s=5.0, usual_s=240.0, timeout_max_s={None: 840.0}, late_s=1800.0, sides=(300, 4096), extra={}),
    "hailuo.cn": route("https://api.minimaxi.com", "MiniMax-Hailuo-2.3", None, 20, "has_callbacks",
        find_lag_s=2.0, usual_s=240.0, timeout_max_s={None: 600.0, 10: 840.0}, late_s=1800.0, sides=(300, 4096),
        extra={}),
    "hailuo.cn2": route("https://api.minimaxi.com", "MiniMax-H3", None, 20, "can_cancel can_find has_callbacks",
        find_lag_s=5.0, usual_s=240.0, timeout_max_s={None: 840.0}, late_s=1800.0, sides=(300, 4096), extra={}),
    "wan.dashscope": route(
        "https://dashscope-intl.aliyuncs.com/api/v1", "wan2.2-t2v-plus", 2, 120, "can_cancel can_find",
        find_lag_s=5.0, usual_s=90.0, timeout_max_s={None: 600.0}, late_s=1800.0, sides=(360, 2000), extra={}),
    "wan.dashscope2": route("https://dashscope-intl.aliyuncs.com/api/v1", "wan2.7-t2v", 2, 120, "can_cancel can_find",
        find_lag_s=5.0, usual_s=90.0, timeout_max_s={None: 600.0}, late_s=1800.0, sides=(360, 2000), extra={}),
    "wan.beijing": route("https://dashscope.aliyuncs.com/api/v1", "wan2.2-t2v-plus", 2, 120, "can_cancel can_find",
        find_lag_s=5.0, usual_s=90.0, timeout_max_s={None: 600.0}, late_s=1800.0, sides=(360, 2000), extra={}),
    "wan.beijing2": route("https://dashscope.aliyuncs.com/api/v1", "wan2.7-t2v", 2, 120, "can_cancel can_find",
        find_lag_s=5.0, usual_s=90.0, timeout_max_s={None: 600.0}, late_s=1800.0, sides=(360, 2000), extra={}),
    "veo.fal": route("https://queue.fal.run", "fal-ai/veo3.1", 2, None, "can_cancel can_find has_callbacks",
        find_lag_s=10.0, usual_s=90.0, timeout_max_s={None: 600.0}, late_s=1800.0, sides=(300, 4096),
        extra={"platform_url": "https://api.fal.ai/v1"}),
    "kling.fal": route("https://queue.fal.run", "fal-ai/kling-video/v3", 2, None, "can_cancel can_find has_callbacks",
        find_lag_s=10.0, usual_s=120.0, timeout_max_s={None: 600.0}, late_s=1800.0, sides=(300, 4096),
        extra={"platform_url": "https://api.fal.ai/v1"}),
    "seedance.fal": route(
        "https://queue.fal.run", "fal-ai/bytedance/seedance/v1.5/pro", 2, None, "can_cancel can_find has_callbacks",
        find_lag_s=10.0, usual_s=90.0, timeout_max_s={None: 600.0}, late_s=1800.0, sides=(300, 4096),
        extra={"platform_url": "https://api.fal.ai/v1"}),
    "hailuo.fal": route(
        "https://queue.fal.run", "fal-ai/minimax/hailuo-2.3", 2, None, "can_cancel can_find has_callbacks",
        find_lag_s=10.0, usual_s=240.0, timeout_max_s={None: 840.0}, late_s=1800.0, sides=(300, 4096),
        extra={"platform_url": "https://api.fal.ai/v1"}),
    "wan.fal": route("https://queue.fal.run", "fal-ai/wan/v2.2-a14b", 2, None, "can_cancel can_find has_callbacks",
        find_lag_s=10.0, usual_s=90.0, timeout_max_s={None: 600.0}, late_s=1800.0, sides=(300, 4096),
        extra={"platform_url": "https://api.fal.ai/v1"}),
    "veo.replicate": route(
        "https://api.replicate.com/v1", "google/veo-3.1", None, 600, "can_cancel can_find has_callbacks",
        find_lag_s=2.0, usual_s=90.0, timeout_max_s={None: 600.0}, late_s=1500.0, sides=(300, 4096), extra={}),
    "kling.replicate": route(
        "https://api.replicate.com/v1", "kwaivgi/kling-v3-video", None, 600, "can_cancel can_find has_callbacks",
        find_lag_s=2.0, usual_s=120.0, timeout_max_s={None: 600.0}, late_s=1500.0, sides=(300, 4096), extra={}),
    "seedance.replicate": route(
        "https://api.replicate.com/v1", "bytedance/seedance-1.5-pro", None, 600, "can_cancel can_find has_callbacks",
        find_lag_s=2.0, usual_s=90.0, timeout_max_s={None: 600.0}, late_s=1500.0, sides=(300, 4096), extra={}),
    "hailuo.replicate": route(
        "https://api.replicate.com/v1", "minimax/hailuo-2.3", None, 600, "can_cancel can_find has_callbacks",
        find_lag_s=2.0, usual_s=240.0, timeout_max_s={None: 840.0}, late_s=1500.0, sides=(300, 4096), extra={}),
    "wan.replicate": route(
        "https://api.replicate.com/v1", "wan-video/wan-2.2-t2v-fast", None, 600, "can_cancel can_find has_callbacks",
        find_lag_s=2.0, usual_s=90.0, timeout_max_s={None: 600.0}, late_s=1500.0, sides=(300, 4096), extra={}),
}  # fmt: skip
MAKES = {
    "veo.vertex2": makes({720: "3-10", 1080: "3-10", 2160: "3-10"},
        "16:9 9:16", "always", 4000, "first_frame last_frame follows_frame"),
    "veo.omni": makes({720: "3-10", 1080: "3-10", 2160: "3-10"},
        "16:9 9:16", "always", 4000, "first_frame last_frame follows_frame"),
    "seedance.ark": makes({480: "4-15", 720: "4-15"},
        "16:9 9:16 1:1 4:3 3:4 21:9", "choice", 2500, "first_frame last_frame follows_frame", references=4),
    "seedance.ark2": makes({480: "4-15", 720: "4-15", 1080: "4-15", 2160: "4-15"},
        "16:9 9:16 1:1 4:3 3:4 21:9", "choice", 2500, "first_frame last_frame follows_frame", references=4),
    "seedance.volc": makes({480: "4-15", 720: "4-15"},
        "16:9 9:16 1:1 4:3 3:4 21:9", "choice", 2500, "first_frame last_frame follows_frame", references=4),
    "seedance.volc2": makes({480: "4-15", 720: "4-15", 1080: "4-15", 2160: "4-15"},
        "16:9 9:16 1:1 4:3 3:4 21:9", "choice", 2500, "first_frame last_frame follows_frame", references=4),
    "hailuo.api2": makes({768: "4-15", 1080: "4-15"},
        "16:9 9:16 1:1 4:3 3:4 21:9", "always", 7000, "first_frame last_frame follows_frame"),
    "hailuo.cn2": makes({768: "4-15", 1080: "4-15"},
        "16:9 9:16 1:1 4:3 3:4 21:9", "always", 7000, "first_frame last_frame follows_frame"),
    "wan.dashscope2": makes({480: "5 10", 720: "5 10", 1080: "5 10"},
        "16:9 9:16 1:1", "always", 800, "negative seed first_frame last_frame follows_frame"),
    "wan.beijing2": makes({480: "5 10", 720: "5 10", 1080: "5 10"},
        "16:9 9:16 1:1", "always", 800, "negative seed first_frame last_frame follows_frame"),
    "veo.fal": makes({720: "4 6 8", 1080: "4 6 8", 2160: "4 6 8"},
        "16:9 9:16", "choice", 4000, "negative seed first_frame last_frame follows_frame"),
    "kling.fal": makes({720: "3-15", 1080: "3-15"},
        "16:9 9:16 1:1", "choice", 2500, "negative first_frame last_frame follows_frame"),
    "seedance.fal": makes({480: "4-12", 720: "4-12", 1080: "4-12"},
        "16:9 9:16 1:1 4:3 3:4 21:9", "choice", 2500, "seed first_frame last_frame follows_frame"),
    "hailuo.fal": makes({768: "6 10", 1080: "6"}, "16:9", "never", 2000, "first_frame last_frame follows_frame"),
    "wan.fal": makes({480: "5", 720: "5"},
        "16:9 9:16 1:1", "never", 800, "negative seed first_frame last_frame follows_frame"),
    "veo.replicate": makes({720: "4 6 8", 1080: "4 6 8"},
        "16:9 9:16", "choice", 4000, "negative seed first_frame last_frame follows_frame",
        references=3, references_s=(8,), references_in="16:9"),
    "kling.replicate": makes({720: "3-15", 1080: "3-15", 2160: "3-15"},
        "16:9 9:16 1:1", "choice", 2500, "negative first_frame last_frame follows_frame"),
    "seedance.replicate": makes({720: "4-12", 1080: "4-12"},
        "16:9 9:16 1:1 4:3 3:4 21:9", "choice", 2500, "seed first_frame last_frame follows_frame"),
    "hailuo.replicate": makes({768: "6 10", 1080: "6"},
        "16:9", "never", 2000, "first_frame last_frame follows_frame"),
    "wan.replicate": makes({480: "5", 720: "5"}, "16:9", "never", 800, "first_frame follows_frame"),
}  # fmt: skip
OFFERS = {
    ("veo.vertex", ""): (
        "Veo 3.1", makes({720: "4 6 8", 1080: "8", 2160: "8"},
        "16:9 9:16", "choice", 4000, "negative seed first_frame last_frame", references=3, references_s=(8,)),
        {720: (800000, 1600000), 1080: (1600000, 1600000), 2160: (3200000, 3200000)},
        {720: (1600000, 3200000), 1080: (3200000, 3200000), 2160: (4800000, 4800000)},
    ),
    ("kling.api", ""): (
        "Kling 3.0", makes({720: "3-15", 1080: "3-15", 2160: "3-15"},
        "16:9 9:16 1:1", "choice", 2500, "first_frame last_frame follows_frame"),
        {720: (252000, 1260000), 1080: (336000, 1680000), 2160: (1260000, 6300000)},
        {720: (378000, 1890000), 1080: (504000, 2520000), 2160: (1890000, 9450000)},
    ),
    ("seedance.ark", "dreamina-seedance-1-5-pro"): (
        "Seedance 1.5 Pro", makes({480: "4-12", 720: "4-12", 1080: "4-12"},
        "16:9 9:16 1:1 4:3 3:4 21:9", "choice", 2500, "seed first_frame last_frame follows_frame"),
        {480: (48714, 145136), 720: (104760, 312120), 1080: (237456, 707472)},
        {480: (97427, 290272), 720: (209520, 624240), 1080: (474912, 1414944)},
    ),
    ("seedance.ark", "dreamina-seedance-2-0-fast-260128"): (
        "Seedance 2.0 Fast", makes({480: "4-15", 720: "4-15"},
        "16:9 9:16 1:1 4:3 3:4 21:9", "choice", 2500, "first_frame last_frame follows_frame", references=4),
        {480: (227330, 846040), 720: (488880, 1819440)},
        {480: (227330, 846040), 720: (488880, 1819440)},
    ),
    ("seedance.ark", "dreamina-seedance-2-0-mini-260615"): (
        "Seedance 2.0 Mini", makes({480: "4-15", 720: "4-15"},
        "16:9 9:16 1:1 4:3 3:4 21:9", "choice", 2500, "first_frame last_frame follows_frame", references=4),
        {480: (142081, 528775), 720: (305550, 1137150)},
        {480: (142081, 528775), 720: (305550, 1137150)},
    ),
    ("seedance.ark", "dreamina-seedance-2-0-260128"): (
        "Seedance 2.0", makes({480: "4-15", 720: "4-15", 1080: "4-15", 2160: "4-15"},
        "16:9 9:16 1:1 4:3 3:4 21:9", "choice", 2500, "first_frame last_frame follows_frame", references=4),
        {480: (284162, 1057550), 720: (611100, 2274300), 1080: (1523676, 5670588), 2160: (3142800, 11696400)},
        {480: (284162, 1057550), 720: (611100, 2274300), 1080: (1523676, 5670588), 2160: (3142800, 11696400)},
    ),
    ("seedance.ark", "dreamina-seedance-2-5"): (
        "Seedance 2.5", makes({480: "4-30", 720: "4-30", 1080: "4-30"},
        "16:9 9:16 1:1 4:3 3:4 21:9", "choice", 2500, "first_frame last_frame follows_frame", references=4),
        {480: (434362, 3228602), 720: (934110, 6943230), 1080: (2117316, 15737988)},
        {480: (434362, 3228602), 720: (934110, 6943230), 1080: (2117316, 15737988)},
    ),
    ("hailuo.api", ""): (
        "Hailuo 2.3", makes({768: "6 10", 1080: "6"}, "16:9", "never", 2000, "first_frame last_frame follows_frame"),
        {768: (280000, 560000), 1080: (490000, 490000)},
        {768: (280000, 560000), 1080: (490000, 490000)},
    ),
    ("wan.dashscope", "wan2.2-t2v-plus"): (
        "Wan 2.2", makes({480: "5", 1080: "5"},
        "16:9 9:16 1:1", "never", 800, "negative seed first_frame follows_frame"),
        {480: (100000, 100000), 1080: (500000, 500000)},
        {480: (100000, 100000), 1080: (500000, 500000)},
    ),
    ("wan.dashscope", "wan2.7-t2v"): (
        "Wan 2.7", makes({480: "5 10", 720: "5 10", 1080: "5 10"},
        "16:9 9:16 1:1", "always", 800, "negative seed first_frame last_frame follows_frame"),
        {480: (500000, 1000000), 720: (500000, 1000000), 1080: (750000, 1500000)},
        {480: (500000, 1000000), 720: (500000, 1000000), 1080: (750000, 1500000)},
    ),
    ("wan.dashscope", "wan3.0-t2v"): (
        "Wan 3.0", makes({480: "2-30", 720: "2-30", 1080: "2-30"},
        "16:9 9:16 1:1", "choice", 800, "negative seed first_frame last_frame follows_frame"),
        {480: (100000, 1500000), 720: (200000, 3000000), 1080: (400000, 6000000)},
        {480: (100000, 1500000), 720: (200000, 3000000), 1080: (400000, 6000000)},
    ),
}  # fmt: skip


def test_every_route_has_its_line() -> None:
    assert [line.key for line in ENTRIES] == list(ROUTES)


@pytest.mark.parametrize("key", ROUTES)
def test_a_route_says_of_itself_what_is_written_here(key: str) -> None:
    line = entry(key)
    facts = line.build(settings(line, {}), HttpSettings()).facts
    can = " ".join(name for name in ("can_cancel", "can_find", "has_callbacks") if getattr(facts, name))
    assert facts.key == key
    assert not facts.configured
    assert Promised(
        line.defaults.base_url, facts.model, facts.max_in_flight, facts.submits_per_min, can, facts.find_lag_s,
        facts.usual_s, facts.timeout_max_s, facts.late_s, (facts.picture.least, facts.picture.most),
        dict(line.defaults.extra),
    ) == ROUTES[key]  # fmt: skip
    assert facts.makes == MAKES.get(key)


@pytest.mark.parametrize(("key", "model"), OFFERS)
def test_an_offer_is_what_its_makers_list_says(key: str, model: str) -> None:
    label, capabilities, silent, sounding = OFFERS[key, model]
    made = offer(key, RouteConfig(model=model or None))
    assert (made.label, made.capabilities) == (label, capabilities)
    for prices, audio in ((silent, False), (sounding, True)):
        for mode in made.capabilities.modes:
            ends = (mode.durations_s[0], mode.durations_s[-1])
            asked = [Fitted(duration_s=seconds, lines=mode.lines, aspect=Aspect.WIDE, audio=audio) for seconds in ends]
            assert tuple(made.usd_micros(one) for one in asked) == prices[mode.lines], (mode.lines, audio)


@pytest.mark.parametrize(
    ("lines", "tokens"),
    [
        (480, "50638 50638 48400 49761 49761 50638"),
        (720, "108900 108900 108900 112228 112228 111320"),
        (1080, "246840 246840 245025 245388 245388 250470"),
        (2160, "980100 980100 980100 981552 981552 993531"),
    ],
)  # fmt: skip
def test_what_ark_counts_for_5_s_follows_the_shape(lines: int, tokens: str) -> None:
    shapes = (Aspect.WIDE, Aspect.TALL, Aspect.SQUARE, Aspect.CLASSIC, Aspect.PORTRAIT, Aspect.CINEMA)
    counted = [
        round(seedance.tokens(Fitted(duration_s=5, lines=lines, aspect=aspect, audio=False))) for aspect in shapes
    ]
    assert counted == [int(word) for word in tokens.split()]


def test_a_route_is_configured_by_its_key_alone_but_for_vertex() -> None:
    for line in ENTRIES:
        config = settings(line, {RouteKey(line.key): RouteConfig(api_key="k", extra={"project": "p"})})
        facts = line.build(config, HttpSettings()).facts
        assert facts.configured or line.key.startswith("veo.vertex"), line.key


NAMED = {
    "veo.fal": "fal-ai/veo3.1", "kling.fal": "fal-ai/kling-video/v3", "hailuo.fal": "fal-ai/minimax/hailuo-2.3",
    "seedance.fal": "fal-ai/bytedance/seedance/v1.5/pro", "wan.fal": "fal-ai/wan/v2.2-a14b",
    "veo.replicate": "google/veo-3.1", "kling.replicate": "kwaivgi/kling-v3-video",
    "seedance.replicate": "bytedance/seedance-1.5-pro", "hailuo.replicate": "minimax/hailuo-2.3",
    "wan.replicate": "wan-video/wan-2.2-t2v-fast",
}  # fmt: skip


def test_a_route_whose_model_nobody_has_named_has_its_own_or_none() -> None:
    for line in ENTRIES:
        facts = line.build(replace(settings(line, {}), model=None), HttpSettings()).facts
        assert facts.model == NAMED.get(line.key, ""), line.key
