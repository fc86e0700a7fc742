"""The seed that is told of a video: the person's own, ours, or none where the model chose it itself."""

from dataclasses import replace
from uuid import UUID

import pytest

from core.domain.generations.generation import AttemptState
from core.domain.generations.seeds import own_seed, seed_used
from core.domain.ids import ProviderName
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import KLING, VEO, WAN
from tests.core.rows import attempt
from tests.core.terms import offers

ASKED = VideoRequest(prompt="a fox", seed=7)
FREE = VideoRequest(prompt="a fox")


def test_our_seed_is_the_beginning_of_the_attempts_id() -> None:
    assert own_seed(UUID("00000102-ffff-4fff-8fff-ffffffffffff")) == 258
    assert own_seed(UUID("ffffffff-0000-4000-8000-000000000000")) == 4_294_967_295


@pytest.mark.parametrize(
    ("request_", "provider", "expected"),
    [
        (ASKED, WAN, 7),
        (ASKED, VEO, 7),
        (ASKED, KLING, None),
        (FREE, WAN, 2**31 - 1),
        (FREE, VEO, None),
        (ASKED, ProviderName("nobody"), None),
    ],
)
def test_the_seed_of_a_video(request_: VideoRequest, provider: ProviderName, expected: int | None) -> None:
    made = replace(attempt(AttemptState.SUCCEEDED, provider=provider), external_id=UUID(int=2**128 - 1))
    assert seed_used(request_, made, offers=offers()) == expected


def test_without_a_winner_there_is_none() -> None:
    assert seed_used(ASKED, None, offers=offers()) is None
