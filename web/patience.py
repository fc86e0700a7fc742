"""Limits the time for the head of a request, for which uvicorn would wait for ever.

`bodies` has the limits of bodies. Of connections without a request only a limited number is kept: a new one closes the
oldest, so that a thousand silent connections do not keep others out.
"""

from asyncio import TimerHandle, Transport
from typing import Any, ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

HEAD_S = 10.0
SILENT_MAX = 400
"""Silent connections at most, well below the number at which uvicorn refuses all."""


class Patient(H11Protocol):
    """HTTP/1.1 that closes the connection when the head of a request does not arrive in time."""

    head_s: ClassVar[float] = HEAD_S
    silent_max: ClassVar[int] = SILENT_MAX
    silent: ClassVar[dict["Patient", None]] = {}
    """The connections without a request, the oldest first."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._impatient: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        if not self._is_answering:
            self._wait()
        super().data_received(data)
        if self._is_answering:
            self._wait_no_more()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    @property
    def _is_answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        return cycle is not None and not cycle.response_complete

    def _wait(self) -> None:
        """Start the timer with the first byte; further bytes do not extend it."""
        if self._impatient is None:
            self._impatient = self.loop.call_later(self.head_s, self.hang_up)
            self._is_silent()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.transport.is_closing() and not self._is_answering:
            self._is_silent()  # uvicorn's keep-alive timeout holds until the next request

    def _is_silent(self) -> None:
        self.silent[self] = None
        if len(self.silent) > self.silent_max:
            next(iter(self.silent)).hang_up()

    def _wait_no_more(self) -> None:
        self.silent.pop(self, None)
        if self._impatient is not None:
            self._impatient.cancel()
            self._impatient = None

    def hang_up(self) -> None:
        self._wait_no_more()
        self.transport.close()
