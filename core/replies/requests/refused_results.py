"""Refusals about results that are there no more, or not yet, as sentences that say what still works."""

from core.domain.errors import Refused
from core.domain.requests.refusals import NoHigherTier, NothingToShare, NotOverYet, PickedAlready, ResultGone, WhyGone

_GONE = {
    WhyGone.DELETED: ("This video was deleted", "Nobody can bring it back. You can ask for a new one."),
    WhyGone.HIDDEN: ("An admin has taken this video away", "Nothing can be done with it any more."),
    WhyGone.OLD: (
        "This video is not kept any more",
        "Its description and its file went when their time was over. You can ask for a new one with the same options.",
    ),
}


def words(refusal: Refused) -> tuple[str, str] | None:
    """The heading and the advice; None for refusals about something else."""
    match refusal:
        case ResultGone(why=why):
            return _GONE[why]
        case PickedAlready(take=take):
            return f"Take {take} was picked already", "The other takes are behind their links."
        case NotOverYet():
            return "It is not over yet", "Cancel it first, or wait until its video is here."
        case NoHigherTier():
            return "Nobody makes it better than this here", "Nothing was taken. “Again” makes another one."
        case NothingToShare():
            return "There is no link for this video", "Save it from its message: that file is yours to hand on."
        case _:
            return None
