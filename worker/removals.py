"""Takes away what was deleted or hidden: its messages, and where it was deleted its files and words as well.

Every worker looks now and then, but not while the dispatcher's own look has found nothing to take away. Nothing is
forgotten while a platform or the storage is away; a message that a platform does not let us delete any more is left,
with a line in the log.
"""

import structlog

from core.db.errors import connection, statement
from core.db.generations import claims, results
from core.db.generations.results import Removal
from core.db.retention import Due
from core.domain.backoff import backoff_s
from core.domain.chat.chat_errors import ChatAway, ChatBusy, ChatError, ChatPending, ChatUnclear
from core.domain.errors import StorageAway
from core.domain.generations.generation import Generation
from core.usecases.retention import scrub_one
from worker.context import Context

log = structlog.get_logger()

EVERY_S = 1.0
LEAST_S = 0.2
AT_ONCE = 20
BACK_OFF_S, BACK_OFF_MOST_S = 1.0, 300.0


async def once(ctx: Context) -> None:
    """One look.

    Raises:
        DatabaseAway: what was claimed is due again when its claim ends.
    """
    if ctx.no_removals.is_on():
        return
    async with statement(ctx.pool) as conn:
        due = await results.claim_due(conn, limit=AT_ONCE)
    for removal in due:
        try:
            await _take_away(removal, ctx)
        except (ChatAway, ChatBusy, ChatPending, ChatUnclear, StorageAway) as error:
            wait_s = backoff_s(removal.tries, first_s=BACK_OFF_S, most_s=BACK_OFF_MOST_S)
            if isinstance(error, ChatBusy):
                wait_s = max(wait_s, error.retry_after_s)
            async with statement(ctx.pool) as conn:
                await results.put_off(conn, removal, in_s=wait_s)
            log.info("removal.put_off", generation_id=str(removal.generation_id), why=type(error).__name__)


async def _take_away(removal: Removal, ctx: Context) -> None:
    async with connection(ctx.pool) as conn:
        generation = await claims.load(conn, removal.generation_id)
    if generation is None:
        return
    await _unsay(generation, ctx)
    if removal.files:
        async with connection(ctx.pool) as conn:
            pictures = await results.pictures_of(conn, removal.generation_id)
        await scrub_one(Due(id=removal.generation_id, pictures=pictures), pool=ctx.pool, storage=ctx.storage)
    async with statement(ctx.pool) as conn:
        await results.finish(conn, removal)
    log.info("removal.done", generation_id=str(removal.generation_id), files=removal.files)


async def _unsay(generation: Generation, ctx: Context) -> None:
    """Take its messages away, the newest first; each is forgotten when it is gone."""
    chat = ctx.chats.get(generation.platform)
    if chat is None:
        raise ChatAway("another worker may have this platform")
    async with connection(ctx.pool) as conn:
        messages = await results.messages_up(conn, generation.id)
    for message in messages:
        try:
            await chat.delete(message.thread, message.message_id)
        except (ChatAway, ChatBusy, ChatPending, ChatUnclear):
            raise
        except ChatError as error:
            log.warning("removal.message_stays", generation_id=str(generation.id), kind=message.kind, why=str(error))
        async with statement(ctx.pool) as conn:
            await results.message_gone(conn, message)
