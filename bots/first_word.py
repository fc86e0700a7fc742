"""Whether the person who asks has had the platform's first word: then their answer may take as long as people wait.

Set where a platform is acknowledged, and read where a use case begins: so no list of commands, buttons and forms has to
be kept, and one whose answer is the acknowledgement itself, such as a form that opens, has to be quick.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_is_heard: ContextVar[bool] = ContextVar("is_heard", default=False)


def heard() -> None:
    """The platform has been acknowledged, in the task at work and in those that it begins from here on."""
    _is_heard.set(True)


def is_heard() -> bool:
    """Whether it has."""
    return _is_heard.get()


@contextmanager
def a_form_follows() -> Iterator[None]:
    """What is asked for in here has to be quick all the same: a platform opens a form in its 3 s, or never."""
    before = _is_heard.set(False)
    try:
        yield
    finally:
        _is_heard.reset(before)
