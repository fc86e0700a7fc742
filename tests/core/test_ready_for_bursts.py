"""What a process has when it begins is not looked at for garbage in the middle of a burst."""

import gc

from core.life import NEW_OBJECTS, ready_for_bursts


def test_what_is_there_stays_and_new_objects_are_looked_at_seldom() -> None:
    before, thresholds = gc.get_freeze_count(), gc.get_threshold()
    kept: list[list[int]] = [[] for _ in range(1000)]
    try:
        ready_for_bursts()
        assert gc.get_freeze_count() >= before + len(kept)
        assert gc.get_threshold() == (NEW_OBJECTS, *thresholds[1:])
    finally:
        gc.set_threshold(*thresholds)
