"""Logs lost access with one line at its start and one at its end, however many calls met it.

A token that was revoked, or a scope that is missing, is met by every message of a workspace, and by each of its tries.
An operator needs one ERROR to act on, and one line that tells that it is over.
"""

import time
from collections import OrderedDict

import structlog

log = structlog.get_logger()

KNOWN_MAX = 10_000

_since: OrderedDict[tuple[str, str], tuple[float, str]] = OrderedDict()


def lost(event: str, *, of: str, call: str, why: str, **facts: object) -> None:
    """Report that a call was refused for its credentials.

    Args:
        event: the event of its line in the log.
        of: whose access it is.
        call: the kind of call that was refused. Others may meet the same loss, and say nothing more.
        why: the platform's word; another one is another loss.
    """
    known = (of, why)
    if known in _since:
        return
    _since[known] = (time.monotonic(), call)
    while len(_since) > KNOWN_MAX:
        _since.popitem(last=False)
    log.error(event, **facts)


def back(of: str, *, call: str) -> None:
    """Report that a call of this kind has worked. It costs next to nothing while nothing is lost."""
    if not _since:
        return
    over = [known for known, (_, refused) in _since.items() if known[0] == of and refused == call]
    if over:
        began_at = min(_since.pop(known)[0] for known in over)
        log.warning("access.back", of=of, call=call, lasted_s=round(time.monotonic() - began_at, 1))
