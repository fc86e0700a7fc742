"""Whether the platform has acknowledged the command: then its answer may take as long as a person waits.

It is set where a command is acknowledged, and read where a use case begins, so nobody keeps a list of quick and slow
commands. Where the answer is the acknowledgement itself, such as a form that opens, the use case has to be quick.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_acknowledged: ContextVar[bool] = ContextVar("is_acknowledged", default=False)


def note_acknowledgement() -> None:
    """Note the acknowledgement, for the current task and for the tasks that it starts from here on."""
    _acknowledged.set(True)


def is_acknowledged() -> bool:
    """Whether this task's command has been acknowledged."""
    return _acknowledged.get()


@contextmanager
def a_form_follows() -> Iterator[None]:
    """A context in which a use case has to be quick: a platform opens a form within 3 s or not at all."""
    before = _acknowledged.set(False)
    try:
        yield
    finally:
        _acknowledged.reset(before)
