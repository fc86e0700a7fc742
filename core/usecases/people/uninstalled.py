"""The app was taken out of a workspace: its tokens are forgotten, and what is under way there ends with a refund."""

from datetime import datetime

import structlog

from core.db.errors import connection, statement, transaction
from core.db.generations import claims, deliveries, transitions
from core.db.generations.transitions import StepLogEntry
from core.db.people import installations
from core.db.pool import Pool
from core.domain.ids import GenerationId, Installation, PlatformName

log = structlog.get_logger()


async def uninstalled(
    platform: PlatformName, installation: Installation, *, why: str, at: datetime, pool: Pool
) -> list[tuple[GenerationId, int]]:
    """Forget the tokens and ask for the end of what runs. Returns what is to be looked at, with its version.

    What is made and not delivered yet ends by itself: nothing can be said without a token, and its credits come back.
    Repeating it does what is left to do.

    Args:
        why: the platform's word for it.
        at: when it happened: an app that was installed again since stays.

    Raises:
        DatabaseAway
    """
    async with statement(pool) as conn:
        await installations.end(conn, platform, installation, why=why, at=at)
    async with connection(pool) as conn:
        if await installations.find(conn, platform, installation) is not None:
            return []
        live = await installations.live_generations(conn, platform, installation)
    ended = []
    for generation_id in live:
        async with transaction(pool) as conn:
            asked = await claims.request_cancel(conn, generation_id)
            if asked is None or asked.cancel_requested_at is None:
                continue  # it got its video meanwhile
            await transitions.log_step(conn, asked, StepLogEntry(worker="chat", step="cancel", outcome="uninstalled"))
            await deliveries.nudge(conn, asked.id)
        ended.append((asked.id, asked.version))
    log.info("app.uninstalled", platform=platform, installation=installation, why=why, ended=len(ended))
    return ended
