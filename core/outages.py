"""Logs an outage with one line at its start and one at its end, however many calls met it.

Code that calls a server reports the result: `away` or `back`. Each call's own error is logged at the level DEBUG.
"""

import time

import structlog

from core.metrics import OUTAGES, UP

log = structlog.get_logger()

CALM_S = 5.0
"""Seconds of answers after which an outage is over, so that a server that flaps makes one line."""

_since: dict[str, float] = {}
_answered: dict[str, float] = {}


def away(server: str, why: object) -> None:
    """Report that the server has not answered, or refuses for now."""
    _answered.pop(server, None)
    if server in _since:
        return
    _since[server] = time.monotonic()
    UP.labels(server).set(0)
    OUTAGES.labels(server).inc()
    log.warning("outage.began", server=server, error=str(why))


def open_ones() -> frozenset[str]:
    """The servers that are away now."""
    return frozenset(_since)


def back(server: str) -> None:
    """Report that the server has answered. It costs next to nothing without an outage."""
    if not _since:
        UP.labels(server).set(1)
        return
    if server not in _since:
        return
    _answered.setdefault(server, time.monotonic())
    _end(server)


def settle() -> None:
    """End the outages of servers that have answered, and that nobody has asked anything since."""
    for server in tuple(_answered):
        _end(server)


def _end(server: str) -> None:
    if time.monotonic() - _answered[server] < CALM_S:
        return
    took_s = _answered.pop(server) - _since.pop(server)
    UP.labels(server).set(1)
    log.warning("outage.over", server=server, lasted_s=round(took_s, 1))
