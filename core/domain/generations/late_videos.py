"""What becomes of a video that comes when its generation no longer waits for it: used, offered for nothing, or left."""

from enum import StrEnum

from core.domain.generations.generation import Generation, Outcome


class LateVideoUse(StrEnum):
    """What a finished video of one attempt is good for."""

    RESULT = "result"
    """It is, or may still become, the video of its generation."""
    EXTRA = "extra"
    """Its generation has another one, or failed and was refunded: the person gets it as an extra take, for nothing."""
    NOTHING = "nothing"
    """The person has cancelled, and wants no more of it."""


def late_video_use(generation: Generation, n: int) -> LateVideoUse:
    """What the video of attempt n is good for now. A video that its vendor bills and nobody pays for is waste."""
    if generation.outcome is Outcome.CANCELLED:
        return LateVideoUse.NOTHING
    if generation.winner_attempt == n:
        return LateVideoUse.RESULT
    if generation.winner_attempt is None and generation.outcome is None:
        return LateVideoUse.RESULT
    return LateVideoUse.EXTRA


def is_to_be_stopped(generation: Generation) -> bool:
    """Whether what still runs for it is better stopped, where the vendor can: there is a video, or nobody wants one.

    One that has failed would still like its late video.
    """
    return generation.winner_attempt is not None or generation.outcome is Outcome.CANCELLED
