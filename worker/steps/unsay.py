"""Takes back a message that a worker posted too late.

The worker had stood still, and another one has posted it meanwhile.
"""

import asyncio

import structlog

from core.db.errors import connection, statement
from core.db.generations import deliveries
from core.domain.chat.chat_errors import ChatError
from worker.steps.posting import Post

log = structlog.get_logger()

LOOKS, LOOK_EVERY_S = 20, 1.0
"""How long the worker that holds the delivery now is given to record its own message."""


async def unsay(post: Post) -> None:
    """The claim was lost. A message that nobody will ever know of is deleted, an edit that came late is painted over.

    A message that whoever has the claim now finds by its key stands: it is theirs.
    """
    if post.traces.edited:
        async with statement(post.ctx.pool) as conn:
            await deliveries.show_again(conn, post.delivery)
    if post.traces.posted is None:
        return
    thread, ours = post.traces.posted
    for _ in range(LOOKS):
        async with connection(post.ctx.pool) as conn:
            current, is_open = await deliveries.current_message(conn, post.delivery)
        if current is not None or not is_open:
            break
        await asyncio.sleep(post.ctx.scaled(LOOK_EVERY_S))
    if current in {None, ours}:
        return
    try:
        await post.chat.delete(thread, ours)
    except ChatError as error:
        log.warning("message.not_unsaid", **deliveries.facts(post.delivery), why=type(error).__name__)
    else:
        log.info("message.unsaid", **deliveries.facts(post.delivery))
