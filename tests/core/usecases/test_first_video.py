"""The first command of a new team: what the README shows is paid by what every team is given."""

import re
from pathlib import Path

import pytest

from core.domain.requests.drafts import Draft, request_of
from core.domain.requests.request import VideoRequest
from core.settings import Settings
from tests.core.terms import terms

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text()
EXAMPLES = [found[1] for found in re.finditer(r"`/video ([a-z][^`<]*)`", README) if found[1] != "help"]


def test_the_readme_has_an_example() -> None:
    assert "a red fox in the snow" in EXAMPLES


@pytest.mark.parametrize("typed", EXAMPLES)
def test_what_a_new_team_is_given_pays_the_example(typed: str) -> None:
    request = request_of(Draft(text=typed))
    assert terms().quote(request).credits <= Settings().free_credits  # type: ignore[call-arg]  # the environment has the rest
    assert terms().free_credits == Settings().free_credits  # type: ignore[call-arg]  # the environment has the rest


def test_prices_come_with_the_cheapest_first() -> None:
    prices = list(terms().tier_prices(like=VideoRequest(prompt="a fox", duration_s=5)).values())
    assert prices == sorted(prices)
