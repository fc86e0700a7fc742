"""Whether the person who asks has had the platform's first word: then their answer may take as long as people wait.

Set where a platform is acknowledged, and read where a use case begins: so no list of commands, buttons and forms has to
be kept, and one whose answer is the acknowledgement itself, such as a form that opens, has to be quick.
"""

from contextvars import ContextVar

_is_heard: ContextVar[bool] = ContextVar("is_heard", default=False)


def heard() -> None:
    """The platform has been acknowledged, in the task at work and in those that it begins from here on."""
    _is_heard.set(True)


def is_heard() -> bool:
    """Whether it has."""
    return _is_heard.get()
