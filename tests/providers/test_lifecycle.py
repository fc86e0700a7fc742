"""When models end: every default has been looked up, and a release with one that is gone is stopped."""

from datetime import date

import pytest

from core.domain.ids import RouteKey
from core.providers.adapter import RouteConfig
from core.providers.lifecycle import MODELS, end_of, overdue, successor_of
from core.providers.registry import ENTRIES, build, default_models


def test_every_default_model_has_a_date_of_its_check_and_a_successor() -> None:
    assert set(default_models()) <= set(MODELS)
    for model, life in MODELS.items():
        assert life.checked.year >= 2026, model
        assert life.successor, model
        assert not life.kept or life.ends, "a reason to keep what does not end"


def test_what_is_kept_after_its_end_has_a_route_that_takes_over() -> None:
    for entry in ENTRIES:
        life = MODELS.get(entry.defaults.model or "")
        assert life is None or not life.kept or entry.successor is not None, entry.key


@pytest.mark.parametrize(
    ("models", "today", "says"),
    [(["gemini-omni-1.1-flash"], date(2026, 12, 3), []),
     (["gemini-omni-1.1-flash"], date(2026, 12, 4), ["make gemini-omni-1.2-flash the default"]),
     (["seedance-1-5-pro-251215"], date(2026, 11, 30), ["dreamina-seedance-2-0-mini-260615"]),
     (["veo-3.1-generate-001"], date(2027, 6, 1), []),
     (["a-model-of-tomorrow"], date(2026, 11, 30), ["nobody has looked up"])],
)  # fmt: skip
def test_a_release_is_stopped_by_a_default_that_has_ended(models: list[str], today: date, says: list[str]) -> None:
    found = overdue(models, today=today)
    assert len(found) == len(says)
    assert all(word in line for word, line in zip(says, found, strict=True))


def test_a_route_tells_when_its_model_ends_and_what_comes_after() -> None:
    key = RouteKey("veo.omni")
    facts = build({key: RouteConfig(api_key="k", model="gemini-omni-1.1-flash")}).routes[key].facts
    assert facts.announced_end == end_of("gemini-omni-1.1-flash")
    assert facts.announced_end is not None
    assert facts.announced_end.date() == date(2026, 12, 3)
    assert successor_of(facts.model) == "gemini-omni-1.2-flash"
    assert build({}).routes[key].facts.announced_end is None
    assert successor_of("gemini-omni-1.2-flash") == ""


LIVES = {
    "veo-3.1-generate-001": ("gemini-omni-1.2-flash", "2026-11-17"),
    "veo-3.1-generate-preview": ("gemini-omni-1.2-flash", "2026-10-22"),
    "gemini-omni-1.1-flash": ("gemini-omni-1.2-flash", "2026-12-03"),
    "gemini-omni-1.2-flash": ("", ""),
    "kling-3.0": ("Kling 4.0, sold by fal: KLING_FAL_MODEL=kling/v4", ""),
    "kling-v3": ("kling-3.0 on the current API", ""),
    "seedance-1-5-pro-251215": ("dreamina-seedance-2-0-mini-260615", "2026-11-11"),
    "doubao-seedance-1-5-pro-251215": ("doubao-seedance-2-0-mini-260615", "2026-11-11"),
    "dreamina-seedance-2-0-mini-260615": ("dreamina-seedance-2-0-260128", ""),
    "doubao-seedance-2-0-mini-260615": ("doubao-seedance-2-0-260128", ""),
    "dreamina-seedance-2-0-260128": ("dreamina-seedance-2-5-260628", ""),
    "doubao-seedance-2-0-260128": ("doubao-seedance-2-5-260628", ""),
    "MiniMax-Hailuo-2.3": ("MiniMax-H3", ""),
    "MiniMax-H3": ("", ""),
    "wan2.2-t2v-plus": ("wan2.7-t2v", ""),
    "wan2.7-t2v": ("wan3.0-video", ""),
    "fal-ai/kling-video/v3": ("kling/v4", ""),
    "a-model-of-tomorrow": ("", ""),
}
GATEWAYS = {
    "fal-ai/veo3.1", "fal-ai/bytedance/seedance/v1.5/pro", "fal-ai/minimax/hailuo-2.3", "fal-ai/wan/v2.2-a14b",
    "google/veo-3.1", "kwaivgi/kling-v3-video", "bytedance/seedance-1.5-pro", "minimax/hailuo-2.3",
    "wan-video/wan-2.2-t2v-fast",
}  # fmt: skip
"""What a gateway offers, and nobody has named an end or a successor of."""


@pytest.mark.parametrize("model", LIVES)
def test_each_models_end_and_successor_is_the_one_that_was_looked_up(model: str) -> None:
    end = end_of(model)
    assert (successor_of(model), end.date().isoformat() if end else "") == LIVES[model]


def test_no_other_model_has_an_end_or_a_successor() -> None:
    others = MODELS.keys() - LIVES.keys()
    assert others >= GATEWAYS
    assert {(successor_of(model), end_of(model)) for model in others} == {("", None)}
    assert {life.checked for life in MODELS.values()} == {date(2026, 11, 30)}
    assert {model for model, life in MODELS.items() if life.kept} == {
        "veo-3.1-generate-001",
        "veo-3.1-generate-preview",
    }
