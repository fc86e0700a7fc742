"""Spans: which part of the work for a generation took how long, and in which process. `core/otlp.py` sends them.

All that is done for one generation is one trace. The trace's id and that of its first span are made from the
generation's id, so every process knows them, and so does whoever takes over from a dead one: nothing is stored for it,
and nothing has to be handed on. Off unless a process calls `use`; then each call here costs a look at one variable.

What a span says are ids, numbers and words of ours. Never a description, a token, a name or an error's text.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from datetime import datetime
from enum import Enum, auto
from hashlib import sha256
from typing import Protocol
from uuid import UUID

Said = str | int | float | bool


class SpanKind(Enum):
    """Whose time it is: ours, somebody's who is asked over the network, or what somebody has asked of us."""

    WORK = auto()
    CALL = auto()
    COMMAND = auto()


class Noting(Protocol):
    """A span under way."""

    def note(self, name: str, value: Said) -> None:
        """Say something that is known only now."""


class Tracer(Protocol):
    """What sends spans."""

    def span(
        self, name: str, said: Mapping[str, Said], *, kind: SpanKind, generation: UUID | None
    ) -> AbstractContextManager[Noting]: ...

    def whole(self, generation: UUID, *, began: datetime, said: Mapping[str, Said]) -> None: ...


class _Nothing:
    def note(self, name: str, value: Said) -> None:
        pass


_NOTHING = nullcontext(_Nothing())
_tracer: Tracer | None = None
_generation: ContextVar[UUID | None] = ContextVar("generation", default=None)


def use(tracer: Tracer | None) -> None:
    """Send what this process does from now on; None: nothing of it."""
    global _tracer  # noqa: PLW0603 - one for each process, as its log is
    _tracer = tracer


def span(
    name: str, said: Mapping[str, Said], *, kind: SpanKind = SpanKind.WORK, generation: UUID | None = None
) -> AbstractContextManager[Noting]:
    """The block that follows, as a part of what is under way.

    Args:
        said: what the span says, by name; `neverdark.` is put before each.
        generation: whose work it is; None is that of the span or of `follow` around it, if there is one.
    """
    if _tracer is None:
        return _NOTHING
    return _tracer.span(name, said, kind=kind, generation=generation or _generation.get())


def follow(generation: UUID) -> None:
    """What this task does from here on is work for this generation."""
    _generation.set(generation)


@contextmanager
def following(generation: UUID) -> Iterator[None]:
    """What is done in this block is work for this generation."""
    token = _generation.set(generation)
    try:
        yield
    finally:
        _generation.reset(token)


def whole(generation: UUID, *, began: datetime, said: Mapping[str, Said]) -> None:
    """The first span of a generation's trace, which all others hang on: from its command to this moment, its end."""
    if _tracer is not None:
        _tracer.whole(generation, began=began, said=said)


def trace_id(generation: UUID) -> int:
    """The id of a generation's trace, of 16 bytes. A hash: samplers want all bits to be chance; a UUID's are not."""
    return int.from_bytes(sha256(b"trace" + generation.bytes).digest()[:16]) or 1


def first_span_id(generation: UUID) -> int:
    """The id of the span that all others of the trace hang on: 8 bytes."""
    return int.from_bytes(sha256(b"span" + generation.bytes).digest()[:8]) or 1
