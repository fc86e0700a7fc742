"""Runs a use case and turns a refusal or an error into a card. No other place of a bot catches everything."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

import structlog

from bots.acknowledgement import is_acknowledged
from core import metrics, tracing
from core.db.errors import ACQUIRE_TIMEOUT_S, DatabaseAway, patient
from core.domain.errors import Away, Refused
from core.replies.chat.card import Card
from core.replies.requests.refusals import broken, database_away, refused
from core.tracing import SpanKind

log = structlog.get_logger()

Result = TypeVar("Result")

READS = frozenset(
    {
        "again", "credits", "delete", "details", "draft", "drafts", "extend", "overview", "own", "pictures", "pressed",
        "providers", "report", "settings", "share",
    }
)  # fmt: skip
"""The use cases that never take credits."""
DEADLINE_S = 2.2
"""Seconds. Both platforms give 3 s for the acknowledgement, and the way there and back takes some of it."""
PATIENCE_S = 25.0
"""Seconds that an acknowledged command waits for the database; platforms accept an answer for 15 min and longer."""


async def run_use_case(
    work: Awaitable[Result], *, what: str, deadline_s: float | None = None, generation: UUID | None = None
) -> Result | Card:
    """The result of a use case, or the card that says why there is none.

    Args:
        what: the name of the use case in the log: "video", "credits".
        deadline_s: seconds that it may take; None is `PATIENCE_S` after an acknowledgement, and `DEADLINE_S` before.
        generation: the id of the generation that it begins, if it begins one; the generation's trace begins here.
    """
    if deadline_s is None:
        deadline_s = PATIENCE_S if is_acknowledged() else DEADLINE_S
    wait_s = ACQUIRE_TIMEOUT_S if deadline_s <= DEADLINE_S else PATIENCE_S
    began = datetime.now(UTC)
    with (
        metrics.timed(metrics.COMMAND_S, what),
        patient(wait_s),
        tracing.span(f"command {what}", {}, kind=SpanKind.COMMAND, generation=generation) as span,
    ):
        answer, result = await _answered(work, what=what, deadline_s=deadline_s)
        span.note("answer", answer)
    if generation is not None and (answer == "refused" or (answer == "done" and isinstance(result, Card))):
        tracing.whole(generation, began=began, said={"outcome": "refused"})  # no worker will add to this trace
    metrics.COMMANDS.labels(what, answer).inc()
    return result


async def _answered(work: Awaitable[Result], *, what: str, deadline_s: float) -> tuple[str, Result | Card]:
    """The outcome in one word, for the log, and the result or the card."""
    try:
        async with asyncio.timeout(deadline_s):
            return "done", await work
    except Refused as refusal:
        log.info("answer.refused", what=what, why=type(refusal).__name__)
        return "refused", refused(refusal)
    except DatabaseAway as error:
        log.info("answer.database_away", what=what, unclear=error.unclear)
        return "database_away", database_away(unclear=error.unclear)
    except Away as error:
        log.info("answer.storage_away", what=what, error=str(error))
        return "storage_away", database_away(unclear=False)
    except TimeoutError:
        log.warning("answer.slow", what=what)
        return "slow", database_away(unclear=what not in READS)
    except Exception:
        log.exception("answer.crashed", what=what)
        return "crashed", broken()
