"""Names a command, and the generation that it has begun: in the log, in traces and in the metrics."""

import structlog

from core import tracing
from core.metrics import CREDITS
from core.replies.chat.card import Card
from core.usecases.requests.submit import Submitted, VideoCommand

log = structlog.get_logger()


def note_command(command_id: str) -> None:
    """Name what a person has done in all that this task logs from here on, and no command of before any more.

    Args:
        command_id: the platform's id of it; empty where the platform gives none.
    """
    structlog.contextvars.clear_contextvars()
    if command_id:
        structlog.contextvars.bind_contextvars(command_id=command_id)


def note_submission(asked: VideoCommand, answer: Submitted | Card) -> None:
    """Name the generation in all that this task logs from here on. A refusal has no generation."""
    if isinstance(answer, Card):
        return
    structlog.contextvars.bind_contextvars(generation_id=str(answer.generation_id))
    tracing.follow(answer.generation_id)
    log.info("command.taken", platform=asked.platform, event_id=asked.event, again=answer.root is None)
    if answer.root is not None:
        CREDITS.labels("consumed").inc(answer.credits_held)
