"""A late video is never wasted without need: used if it still can be, else offered, unless the person has cancelled."""

import pytest

from core.domain.generations.generation import Generation, Outcome, State
from core.domain.generations.late_videos import LateVideoUse, is_to_be_stopped, late_video_use
from tests.core.rows import generation

OPEN = generation()
WON = generation(state=State.STORING, winner_attempt=2)
DONE = generation(state=State.DONE, outcome=Outcome.SUCCEEDED, winner_attempt=2, settled=227)
FAILED = generation(state=State.DONE, outcome=Outcome.FAILED, settled=0)
CANCELLED = generation(state=State.DELIVERING, outcome=Outcome.CANCELLED, settled=0)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (OPEN, LateVideoUse.RESULT),
        (WON, LateVideoUse.EXTRA),
        (DONE, LateVideoUse.EXTRA),
        (FAILED, LateVideoUse.EXTRA),
        (CANCELLED, LateVideoUse.NOTHING),
    ],
)
def test_what_a_late_video_is_good_for(one: Generation, expected: LateVideoUse) -> None:
    assert late_video_use(one, 1) is expected


@pytest.mark.parametrize("one", [WON, DONE])
def test_the_winners_own_video_is_no_extra(one: Generation) -> None:
    assert late_video_use(one, 2) is LateVideoUse.RESULT


@pytest.mark.parametrize(
    ("one", "stop"), [(OPEN, False), (WON, True), (DONE, True), (FAILED, False), (CANCELLED, True)]
)
def test_what_still_runs_is_stopped_when_nobody_needs_it(one: Generation, stop: bool) -> None:  # noqa: FBT001 - a parameter
    assert is_to_be_stopped(one) is stop
