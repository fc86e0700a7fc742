"""Why no video can be asked for in a place, as a sentence that says what to do."""

from core.domain.errors import Refused
from core.domain.requests.refusals import MissingPermissions, NoSuchTime, NothingArrives, TooManyLater
from core.replies.chat.words import cut, listed
from core.replies.languages.say import say

NAME_MAX = 80


def words(refusal: Refused) -> tuple[str, str] | None:
    """The heading and the advice; None for other refusals."""
    match refusal:
        case MissingPermissions(missing=missing, channel=channel):
            return (
                say("I need {words} in #{channel}", words=listed(missing), channel=cut(channel, NAME_MAX)),
                say("Nothing was taken. An admin can give it to me in the channel's settings; then ask again."),
            )
        case NothingArrives():
            return (
                say("The last videos could not be posted here, so I take no more"),
                say("Nothing was taken. An admin can let me view this channel, post, embed links and attach files."),
            )
        case NoSuchTime(typed=typed):
            return (
                say("I cannot plan for “{typed}”", typed=cut(typed, NAME_MAX)),
                say(
                    'A time from now to two months ahead, like at:"tomorrow 9:00", at:"in 2 hours" or at:"when cheap".'
                ),
            )
        case TooManyLater():
            return say("You have planned as many videos as you may"), say(
                "/video later shows them, with buttons to cancel."
            )
        case _:
            return None
