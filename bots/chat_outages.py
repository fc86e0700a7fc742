"""Notes by its errors whether a chat platform answers: an outage is one line in the log, however many calls meet it."""

from core import outages
from core.domain.chat.chat_errors import ChatAway, ChatError, ChatUnclear


def noted(error: ChatError, *, server: str) -> ChatError:
    """The error, after it is noted. A refusal is an answer, and ends an outage like any other."""
    if isinstance(error, ChatAway | ChatUnclear):
        outages.away(server, error)
    else:
        outages.back(server)
    return error
