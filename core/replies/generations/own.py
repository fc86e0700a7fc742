"""Cards about a person's own videos."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from core.domain.generations.generation import Outcome, State
from core.domain.ids import GenerationId
from core.replies.chat.card import Action, Button, Card, ListLine, Text
from core.replies.chat.tier_names import label
from core.replies.chat.words import credit_count, cut
from core.replies.languages.say import later, say

PROMPT_MAX = 60
LABEL_MAX = 40

_STATES = {
    State.ASKING: later("waits for an admin"),
    State.QUEUED: later("waits for its turn"),
    State.RENDERING: later("is being made"),
    State.STORING: later("is nearly there"),
    State.DELIVERING: later("is nearly there"),
}
_OUTCOMES = {
    Outcome.SUCCEEDED: later("ready"),
    Outcome.FAILED: later("could not be made"),
    Outcome.CANCELLED: later("cancelled"),
}


class OwnVideo(Protocol):
    """A video in a list: one of the person's own, or an earlier one of the team."""

    @property
    def id(self) -> GenerationId: ...
    @property
    def prompt(self) -> str: ...
    @property
    def tier(self) -> str: ...
    @property
    def state(self) -> State: ...
    @property
    def outcome(self) -> Outcome | None: ...
    @property
    def is_ending(self) -> bool: ...
    @property
    def created_at(self) -> datetime: ...


def to_cancel(videos: Sequence[OwnVideo]) -> Card:
    """The videos that can still be cancelled, each with its button."""
    if not videos:
        return Card(title=say("Nothing of yours is under way"), parts=(Text(say("There is nothing to cancel.")),))
    return Card(
        title=say("Which one should stop?"),
        parts=(
            *(ListLine(_words(video), (f"{label(video.tier)} · {status(video)}",)) for video in videos),
            *(
                Button(Action.CANCEL, say("Stop “{prompt}”", prompt=cut(video.prompt, LABEL_MAX)), str(video.id))
                for video in videos
            ),
        ),
    )


def cancelling(consumed: int, *, is_begun: bool) -> Card:
    """The cancellation was recorded. `is_begun`: a provider may work on it that cannot be stopped."""
    if not consumed:
        back = say("Nothing was taken for it.")
    elif is_begun:
        back = say(
            "If its provider can still stop, all {credits} come back; else the video comes, at its price.",
            credits=credit_count(consumed),
        )
    else:
        back = say("All {credits} come back.", credits=credit_count(consumed))
    return Card(title=say("Cancelling"), parts=(Text(f"{back} {say('The thread says when it is over.')}"),))


def _words(video: OwnVideo) -> str:
    return f"“{cut(video.prompt, PROMPT_MAX)}”"


def status(video: OwnVideo) -> str:
    """The state of a video in a few words."""
    if video.outcome is not None:
        return say(_OUTCOMES[video.outcome])
    return say("is being stopped") if video.is_ending else say(_STATES.get(video.state, later("is under way")))
