"""Notes by its errors whether a chat platform answers: an outage is one line in the log, however many calls meet it."""

import structlog

from core import outages
from core.domain.chat.chat_errors import ChatAway, ChatError, ChatUnclear

log = structlog.get_logger()


def unreadable(event: str, error: Exception, meant: ChatError, *, server: str, **facts: object) -> ChatError:
    """What an answer means that could not be read. A proxy may answer every call so: it is told once in an outage."""
    tell = log.debug if server in outages.open_ones() else log.warning
    tell(event, error=type(error).__name__, exc_info=error, **facts)
    return noted(meant, server=server)


def noted(error: ChatError, *, server: str) -> ChatError:
    """The error, after it is noted. A refusal is an answer, and ends an outage like any other."""
    if isinstance(error, ChatAway | ChatUnclear):
        outages.away(server, error)
    else:
        outages.back(server)
    return error
