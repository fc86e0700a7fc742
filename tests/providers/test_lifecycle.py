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
