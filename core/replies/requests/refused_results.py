"""Refusals about results that are deleted or not ready, as sentences that say what still works."""

from core.domain.errors import Refused
from core.domain.requests.refusals import (
    NoHigherTier,
    NothingToExtend,
    NothingToShare,
    NotOverYet,
    PickedAlready,
    ResultGone,
    WhyGone,
)
from core.replies.languages.say import later, say

_GONE = {
    WhyGone.DELETED: (later("This video was deleted"), later("Nobody can bring it back. You can ask for a new one.")),
    WhyGone.HIDDEN: (later("An admin has taken this video away"), later("Nothing can be done with it any more.")),
    WhyGone.OLD: (
        later("This video is not kept any more"),
        later(
            "Its description and its file were deleted when their time was up. You can ask for a "
            "new one with the same options."
        ),
    ),
}


def words(refusal: Refused) -> tuple[str, str] | None:
    """The heading and the advice; None for refusals about something else."""
    match refusal:
        case ResultGone(why=why):
            heading, advice = _GONE[why]
            return say(heading), say(advice)
        case PickedAlready(take=take):
            return say("Take {take} was picked already", take=take), say("The other takes are behind their links.")
        case NotOverYet():
            return say("It is not over yet"), say("Cancel it first, or wait until its video is here.")
        case NoHigherTier():
            return say("Nobody here makes a better one"), say("Nothing was taken. “Again” makes another one.")
        case NothingToExtend():
            return say("This video cannot go on"), say("Its file is not here any more. “Again” makes another one.")
        case NothingToShare():
            return say("There is no link for this video"), say(
                "Save it from its message: that file is yours to hand on."
            )
        case _:
            return None
