"""Says in the log and in traces, and counts, which generation a command has begun."""

import structlog

from core import tracing
from core.metrics import CREDITS
from core.replies.chat.card import Card
from core.usecases.requests.submit import Submitted, VideoCommand

log = structlog.get_logger()


def note(asked: VideoCommand, answer: Submitted | Card) -> None:
    """What this task says from here on names the generation. A refusal has none."""
    if isinstance(answer, Card):
        return
    structlog.contextvars.bind_contextvars(generation_id=str(answer.generation_id))
    tracing.follow(answer.generation_id)
    log.info("command.taken", platform=asked.platform, event_id=asked.event, again=answer.root is None)
    if answer.root is not None:
        CREDITS.labels("consumed").inc(answer.credits_held)
