"""What follows when a chat platform has refused a message: a repeat, another form, another place, or giving up.

A message goes down a ladder: the thread, the channel, the answer to the interaction, the person directly; and in each
place as a file, a smaller file, and words with a link; drawn in full, then as plain text. It never climbs back up.
Every rung has a bounded number of tries with growing pauses, so that every message ends, and none without a word to
somebody: the person, or the operator and the team's admins.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import assert_never

from core.domain.backoff import backoff_s
from core.domain.chat.chat_errors import (
    AccessLost,
    CardRefused,
    ChatAway,
    ChatBusy,
    ChatError,
    ChatPending,
    ChatUnclear,
    FileRefused,
    PlaceGone,
    ThreadRefused,
    UploadFailed,
)

GIVE_UP_AFTER_S = 24 * 3600.0
"""After a day a message is given up, however often the platform has asked us to wait."""
PAUSE_MOST_S = 60.0
LATE_PAUSE_MOST_S = 600.0
"""Beyond `LATE_TRIES` tries, and where there is no rung below: an outage is sat out, but not every minute."""
LATE_TRIES = 10
UNCLEAR_TRIES = 6
UPLOAD_TRIES = 4
"""After so many failed uploads in a row, a link is posted instead."""
UPLOAD_TRIES_WITHOUT_LINK = 12
ACCESS_PAUSES_S = (5.0, 15.0, 45.0, 90.0, 180.0)
"""Seconds between the tries. A token that was exchanged is known to every process within half a minute; an operator may
be about to put in a new one."""

_MAY_PASS = (ChatAway, ChatBusy, ChatPending, ChatUnclear, UploadFailed)


class Kind(StrEnum):
    """The role of a message for its generation."""

    ROOT = "root"
    """The message in the channel under which the thread opens."""
    PROGRESS = "progress"
    """The one message that is edited while the generation is under way."""
    RESULT = "result"
    """The video, or the message that there is none."""
    PICK = "pick"
    """The message that one of several takes was chosen, with links to the others."""
    EXTRA = "extra"
    """A video that came after its generation was over, offered for nothing: one for each such attempt."""
    ROOT_EDIT = "root_edit"
    """An edit of the root message, with the present state of the generation."""


class Where(IntEnum):
    """The places of the ladder, from the first to the last."""

    THREAD = 0
    CHANNEL = 1
    FOLLOW_UP = 2
    DIRECT = 3


class Form(IntEnum):
    """The form in which the video is posted."""

    FILE = 0
    SMALLER = 1
    WORDS = 2
    """With a link where there is one; messages without a video are words from the start."""


class Edits(IntEnum):
    """What is still done to a message that is edited."""

    GOING = 0
    LAST_ONLY = 1
    """One was refused: nothing more is shown before the end."""
    REMOVE = 2
    """Its last edit was refused: it is deleted, so that no running bar stays."""
    LAST_WORD = 3
    """Deleting it was refused: it gets a last edit, so that no running bar stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """Where a message stands on the ladder, and how often it was tried there.

    Args:
        places: which of the places below this one there are.
        edits: what is done to it once it is up; None: it is not up yet.
        is_last: the generation is over, and so is a message that is up.
        stays: at its end it has a last word; else it is taken away, because another message has it.
        has_link: words lead to the video.
        tries: the counted ones at this rung, this one among them.
        age_s: since the message was wanted, in seconds.
    """

    kind: Kind
    where: Where = Where.THREAD
    form: Form = Form.WORDS
    is_plain: bool = False
    places: AbstractSet[Where] = field(default_factory=lambda: frozenset(Where))
    edits: Edits | None = None
    is_last: bool = False
    stays: bool = False
    has_link: bool = True
    tries: int = 1
    age_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """Try the same again, after a look whether the last try has arrived. `counts`: it counts as a try."""

    in_s: float
    counts: bool


@dataclass(frozen=True, slots=True)
class AsPlain:
    """The same words as plain text."""


@dataclass(frozen=True, slots=True)
class AsFile:
    """The video made smaller, to so many bytes."""

    size_max: int


@dataclass(frozen=True, slots=True)
class AsWords:
    """The card without a file."""


@dataclass(frozen=True, slots=True)
class To:
    """All further messages about the generation are posted in another place."""

    where: Where


@dataclass(frozen=True, slots=True)
class Edit:
    """Less is done to a message that is up. It is never posted anew."""

    edits: Edits


@dataclass(frozen=True, slots=True)
class End:
    """It cannot be posted anywhere. `alarm`: a person waits for it; the operator and the team's admins are alerted."""

    alarm: bool


Next = Again | AsPlain | AsFile | AsWords | To | Edit | End


def after(rung: Rung, error: ChatError) -> Next:
    """What follows an answer to a message at this rung of the ladder."""
    if rung.age_s > GIVE_UP_AFTER_S and isinstance(error, _MAY_PASS):
        return _end(rung) if rung.edits is None else _less(rung)
    match error:
        case ChatBusy(retry_after_s=told_s):
            return Again(in_s=max(told_s, _away_s(rung.age_s)), counts=False)
        case ChatPending(look_in_s=look_in_s):
            return Again(in_s=look_in_s, counts=False)
        case ChatAway():
            return Again(in_s=max(pause_s(rung.tries), _away_s(rung.age_s)), counts=False)
        case AccessLost(is_scope=is_scope):
            return _without_access(rung, is_scope=is_scope)
        case _:
            return _post(rung, error) if rung.edits is None else _edit(rung, error)


def _post(rung: Rung, error: ChatError) -> Next:
    match error:
        case ChatUnclear(look_in_s=look_in_s):
            return _unclear(rung, look_in_s=look_in_s)
        case UploadFailed():
            tries_max = UPLOAD_TRIES if rung.has_link else UPLOAD_TRIES_WITHOUT_LINK
            return _again(rung) if rung.tries < tries_max else _redrawn(rung, plain_first=False)
        case FileRefused(limit=limit):
            return _for_file(rung, limit)
        case ThreadRefused() if rung.where is Where.THREAD:
            return _elsewhere(rung, beyond=Where.THREAD)
        case ThreadRefused() if rung.form is not Form.WORDS:
            return AsWords()  # where there is no thread it is the file that is meant
        case ThreadRefused() | PlaceGone():
            return _elsewhere(rung, beyond=max(rung.where, Where.CHANNEL))
        case _:
            # A refusal without a meaning of its own is treated as one of this card.
            return _redrawn(rung, plain_first=True)


def pause_s(tries: int) -> float:
    """Seconds before the same is tried again: longer with each try."""
    most = PAUSE_MOST_S if tries <= LATE_TRIES else LATE_PAUSE_MOST_S
    return backoff_s(tries + 1, first_s=0.5, most_s=most)


def _away_s(age_s: float) -> float:
    """The pause before an uncounted try grows with the time since the first one."""
    return max(1.0, min(PAUSE_MOST_S if age_s < 3600.0 else LATE_PAUSE_MOST_S, age_s / 6))


def _again(rung: Rung) -> Again:
    return Again(in_s=pause_s(rung.tries), counts=True)


def _unclear(rung: Rung, *, look_in_s: float) -> Next:
    """Reads do not raise this: the platform answers, looking shows nothing, and posting still does not work."""
    if rung.tries < UNCLEAR_TRIES:
        return Again(in_s=max(pause_s(rung.tries), look_in_s), counts=True)
    if rung.form is not Form.WORDS:
        return AsWords()
    if rung.kind is Kind.PROGRESS:
        return _end(rung)
    further = _elsewhere(rung, beyond=rung.where)
    return _again(rung) if isinstance(further, End) else further


def _for_file(rung: Rung, limit: int | None) -> Next:
    match rung.form:
        case Form.FILE:
            return AsFile(limit) if limit is not None and limit > 0 else AsWords()
        case Form.SMALLER:
            return AsWords()
        case Form.WORDS:
            return _redrawn(rung, plain_first=True)  # there was no file to refuse
        case _:
            assert_never(rung.form)


def _redrawn(rung: Rung, *, plain_first: bool) -> Next:
    if not rung.is_plain and plain_first:
        return AsPlain()
    if rung.form is not Form.WORDS:
        return AsWords()
    return _end(rung) if rung.kind is Kind.PROGRESS else _elsewhere(rung, beyond=rung.where)


def _elsewhere(rung: Rung, *, beyond: Where) -> Next:
    further = [where for where in Where if where > beyond and where in rung.places]
    if rung.kind is Kind.ROOT:
        further = [where for where in further if where is not Where.CHANNEL]  # that is where it was to be
    if not further and rung.form is not Form.WORDS:
        return AsWords()  # a link may pass where a file does not
    return To(further[0]) if further else _end(rung)


def _without_access(rung: Rung, *, is_scope: bool) -> Next:
    """A message that is up has a running bar, and perhaps a Cancel: its end is waited for like a post."""
    if rung.form is not Form.WORDS and is_scope:
        return AsWords()  # what may not upload may still write
    if rung.tries <= len(ACCESS_PAUSES_S) and rung.age_s <= GIVE_UP_AFTER_S:
        return Again(in_s=ACCESS_PAUSES_S[max(0, rung.tries - 1)], counts=True)
    if rung.edits is not None:
        return _less(rung)
    return _end(rung) if rung.form is Form.WORDS else AsWords()


def _edit(rung: Rung, error: ChatError) -> Next:
    """A refused edit is never a reason to post."""
    if isinstance(error, ChatUnclear | UploadFailed):
        return _again(rung) if rung.tries < UNCLEAR_TRIES else _less(rung)
    if isinstance(error, CardRefused | FileRefused) and not rung.is_plain and not _takes_away(rung):
        return AsPlain()
    return _less(rung)


def _takes_away(rung: Rung) -> bool:
    """Whether the message is to be deleted."""
    return rung.edits is Edits.REMOVE or (rung.is_last and not rung.stays and rung.edits is not Edits.LAST_WORD)


def _less(rung: Rung) -> Next:
    if rung.kind is Kind.ROOT_EDIT or rung.edits in {Edits.REMOVE, Edits.LAST_WORD}:
        return _end(rung)
    if rung.is_last:
        return Edit(Edits.REMOVE if rung.stays else Edits.LAST_WORD)
    return Edit(Edits.LAST_ONLY) if rung.edits is Edits.GOING else _end(rung)


def _end(rung: Rung) -> End:
    return End(alarm=rung.kind in {Kind.ROOT, Kind.RESULT} and rung.edits is None)
