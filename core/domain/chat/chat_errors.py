"""What a chat platform's answers mean. Its adapter raises nothing else; `delivery` decides what follows."""

from dataclasses import dataclass


class ChatError(Exception):
    """A chat platform did not do what we asked. Its text is the platform's own code."""


class ChatAway(ChatError):
    """The platform was not reached, or did not answer a question: nothing has been done. Never counts as a try."""


LATE_EFFECT_S = 30.0
"""Seconds. A platform may do so long after we have given up on its answer what it was asked for."""


class ChatUnclear(ChatError):
    """It may have worked: look for the message before posting again.

    Args:
        look_in_s: the request may still be under way at the platform, and a look before would not see what it does.
    """

    def __init__(self, *why: str, look_in_s: float = 0.0) -> None:
        super().__init__(*why)
        self.look_in_s = look_in_s


@dataclass(eq=False)
class ChatBusy(ChatError):
    """Wait as long as told, then the same call. Never counts as a try.

    Args:
        everywhere: it concerns every call of this application, not only what was asked.
        limit: the key of the limit that was hit, if the platform named one; None: every limit of the call.
    """

    retry_after_s: float = 1.0
    everywhere: bool = False
    limit: str | None = None


@dataclass(eq=False)
class ChatPending(ChatError):
    """It was taken, and is not shown yet: the same call looks again. Never counts as a try."""

    look_in_s: float = 1.0


class UploadFailed(ChatError):
    """The platform did not get the file, and shows none. Posting the card without it is no second message."""


class CardRefused(ChatError):
    """The platform does not take this card as it is drawn: the same words as plain text may pass."""


@dataclass(eq=False)
class FileRefused(ChatError):
    """The platform does not take this file here. `limit`: the bytes that it would take; None if that does not help."""

    limit: int | None = None


class ThreadRefused(ChatError):
    """The thread is gone, or closed to us for good; its channel is not."""


class PlaceGone(ChatError):
    """The channel is gone, or closed to us for good; so is every thread in it."""


class EditRefused(ChatError):
    """This message can be edited no longer."""


@dataclass(eq=False)
class AccessLost(ChatError):
    """Our own credentials or scopes do not allow the call, wherever it is made. An operator must see to it.

    Args:
        code: the platform's word for it.
        needed: the scope or permission that is missing, where the platform names one.
        is_scope: only calls of this kind are refused; the credentials themselves are good.
    """

    code: str
    needed: str | None = None
    is_scope: bool = False

    def __str__(self) -> str:
        return f"{self.code}: {self.needed}" if self.needed else self.code


def wait_least_s(error: ChatError) -> float:
    """Seconds that have to pass before the same call, as far as the error says."""
    match error:
        case ChatBusy(retry_after_s=wait_s) | ChatUnclear(look_in_s=wait_s) | ChatPending(look_in_s=wait_s):
            return wait_s
        case _:
            return 0.0
