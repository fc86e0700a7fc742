"""What a person reads about their own videos."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.domain.generations.generation import Outcome, State
from core.replies.chat.card import Action, Button, Card, ListLine, Moment, Part, SmallPrint, Text
from core.replies.chat.tier_names import label
from core.replies.chat.words import credit_count, cut

PROMPT_MAX = 60
LABEL_MAX = 40

_STATES = {
    State.ASKING: "waits for an admin",
    State.QUEUED: "waits for its turn",
    State.RENDERING: "is being made",
    State.STORING: "is nearly there",
    State.DELIVERING: "is nearly there",
}
_OUTCOMES = {
    Outcome.SUCCEEDED: "ready",
    Outcome.FAILED: "could not be made",
    Outcome.CANCELLED: "cancelled",
}


class OwnVideo(Protocol):
    """One of them."""

    @property
    def id(self) -> UUID: ...
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


def mine(videos: Sequence[OwnVideo]) -> Card:
    """Their last ones."""
    if not videos:
        return Card(title="You have no videos here yet", parts=(Text("Describe one after /video."),))
    parts: list[Part] = [
        ListLine(
            _words(video),
            (f"{label(video.tier)} · {status(video)} · ", Moment(video.created_at, with_day=True)),
        )
        for video in videos
    ]
    parts.append(SmallPrint("Each video is in its own thread, in the channel where it was asked for."))
    return Card(title="Your last videos", parts=tuple(parts))


def to_cancel(videos: Sequence[OwnVideo]) -> Card:
    """Those that can still be cancelled, each with its button."""
    if not videos:
        return Card(title="Nothing of yours is under way", parts=(Text("There is nothing to cancel."),))
    return Card(
        title="Which one shall stop?",
        parts=(
            *(ListLine(_words(video), (f"{label(video.tier)} · {status(video)}",)) for video in videos),
            *(Button(Action.CANCEL, f"Stop “{cut(video.prompt, LABEL_MAX)}”", str(video.id)) for video in videos),
        ),
    )


def cancelling(consumed: int, *, is_begun: bool) -> Card:
    """The wish is written down. `is_begun`: a provider may be at work that cannot be stopped."""
    if not consumed:
        back = "Nothing was taken for it."
    elif is_begun:
        back = (
            f"If its provider can still stop, all {credit_count(consumed)} come back; "
            "else the video comes, at its price."
        )
    else:
        back = f"All {credit_count(consumed)} come back."
    return Card(title="Cancelling", parts=(Text(f"{back} The thread says when it is over."),))


def _words(video: OwnVideo) -> str:
    return f"“{cut(video.prompt, PROMPT_MAX)}”"


def status(video: OwnVideo) -> str:
    """How it stands, in a few words."""
    if video.outcome is not None:
        return _OUTCOMES[video.outcome]
    return "is being stopped" if video.is_ending else _STATES.get(video.state, "is under way")
