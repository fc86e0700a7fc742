"""A person answers a video with words: what it was asked for is proposed anew with them. Nothing is taken yet."""

from core.db.errors import connection
from core.db.generations import talked_about
from core.db.pool import Pool
from core.domain.chat.principal import Principal
from core.domain.ids import MessageId, Thread
from core.domain.requests.changes import changed_by
from core.domain.requests.drafts import Draft
from core.usecases.generations.usable import why_gone


async def change(
    words: str, *, by: Principal, pool: Pool, thread: Thread | None = None, message: MessageId | None = None
) -> Draft | None:
    """The draft that is proposed; None where neither the thread nor the message is about a video that can be changed.

    Args:
        thread: where they say it.
        message: which message of ours they answer.

    Raises:
        DatabaseAway
    """
    async with connection(pool) as conn:
        found = await talked_about.of_message(conn, message, by=by) if message is not None else None
        if found is None and thread is not None:
            found = await talked_about.of_thread(conn, thread, by=by)
    if found is None or why_gone(found) is not None:
        return None
    return changed_by(found.request, words)
