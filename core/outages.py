"""An outage is one line of the log at its start and one at its end, however many met it in between.

Whoever talks to a server says how it went: `away` or `back`. What each step makes of it is told where it matters to
somebody, in lines of the level DEBUG.
"""

import time

import structlog

from core.metrics import OUTAGES, UP

log = structlog.get_logger()

CALM_S = 5.0
"""An outage is over when the server has answered for so long: one that flaps makes one line."""

_since: dict[str, float] = {}
_answered: dict[str, float] = {}


def away(server: str, why: object) -> None:
    """The server has not answered, or refuses for now."""
    _answered.pop(server, None)
    if server in _since:
        return
    _since[server] = time.monotonic()
    UP.labels(server).set(0)
    OUTAGES.labels(server).inc()
    log.warning("outage.began", server=server, error=str(why))


def open_ones() -> frozenset[str]:
    """The servers that are away."""
    return frozenset(_since)


def back(server: str) -> None:
    """The server has answered. Costs next to nothing while all is well."""
    if not _since:
        UP.labels(server).set(1)
        return
    if server not in _since:
        return
    now = time.monotonic()
    if now - _answered.setdefault(server, now) < CALM_S:
        return
    took_s = _answered.pop(server) - _since.pop(server)
    UP.labels(server).set(1)
    log.warning("outage.over", server=server, lasted_s=round(took_s, 1))
