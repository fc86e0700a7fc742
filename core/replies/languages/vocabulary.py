"""The words that differ by platform, for all sentences: this workspace or this server; /settings log."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from core.domain.chat.vocabulary import Vocabulary
from core.replies.languages.say import say

_spoken: ContextVar[Vocabulary | None] = ContextVar("vocabulary", default=None)
_USUAL = Vocabulary()


def place() -> str:
    """The platform's word for a workspace."""
    return say((_spoken.get() or _USUAL).place)


def sharing() -> str:
    """What there is for videos outside of their channels: links, and perhaps a gallery."""
    return say((_spoken.get() or _USUAL).sharing)


def typed(command: str) -> str:
    """A command as people of this platform type it."""
    return (_spoken.get() or _USUAL).commands.get(command, command)


def use(vocabulary: Vocabulary) -> None:
    """Use these words for the rest of the current task."""
    _spoken.set(vocabulary)


@contextmanager
def using(vocabulary: Vocabulary) -> Iterator[None]:
    """Use these words within a block."""
    token = _spoken.set(vocabulary)
    try:
        yield
    finally:
        _spoken.reset(token)
