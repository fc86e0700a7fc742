"""Spans: the parts of the work for a generation, with their times and processes. `core/otlp.py` sends them.

All work for one generation is one trace. The ids of the trace and of its first span are made from the generation's id,
so every process knows them, also one that takes over from a dead one: nothing is stored or passed on for tracing. It is
off unless a process calls `use`; then each call here costs a look at one variable.

A span has ids, numbers and words of ours, and never a prompt, a token, a person's name or an error's text.
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
    """The kind of work: our own, a call to another server, or a request to us."""

    WORK = auto()
    CALL = auto()
    COMMAND = auto()


class Noting(Protocol):
    """A span under way."""

    def note(self, name: str, value: Said) -> None:
        """Add a fact that is known only now."""


class Tracer(Protocol):
    """The interface that sends spans."""

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
    """Send the spans of this process from now on; None: send none."""
    global _tracer  # noqa: PLW0603 - one for each process, as its log is
    _tracer = tracer


def span(
    name: str, said: Mapping[str, Said], *, kind: SpanKind = SpanKind.WORK, generation: UUID | None = None
) -> AbstractContextManager[Noting]:
    """A span around a block, as a child of the current span.

    Args:
        said: the attributes of the span, by name; `neverdark.` is put before each.
        generation: the generation that is worked on; None is that of the surrounding span or `follow`, if any.
    """
    if _tracer is None:
        return _NOTHING
    return _tracer.span(name, said, kind=kind, generation=generation or _generation.get())


def follow(generation: UUID) -> None:
    """Count what this task does from here on as work for this generation."""
    _generation.set(generation)


@contextmanager
def following(generation: UUID) -> Iterator[None]:
    """Count what is done in a block as work for this generation."""
    token = _generation.set(generation)
    try:
        yield
    finally:
        _generation.reset(token)


def whole(generation: UUID, *, began: datetime, said: Mapping[str, Said]) -> None:
    """Send the first span of a generation's trace, the parent of all others: from the command to now, its end."""
    if _tracer is not None:
        _tracer.whole(generation, began=began, said=said)


def trace_id(generation: UUID) -> int:
    """The id of a generation's trace, 16 bytes: a hash, because samplers need all bits random; a UUID's are not."""
    return int.from_bytes(sha256(b"trace" + generation.bytes).digest()[:16]) or 1


def first_span_id(generation: UUID) -> int:
    """The id of the trace's first span, 8 bytes."""
    return int.from_bytes(sha256(b"span" + generation.bytes).digest()[:8]) or 1
