"""Asks a vendor once more before an attempt is given up at a deadline that passed while no worker was there.

After an outage, or on a restored database, the generation and the poll are both overdue, and the generation may be
taken up first. The video may have been there all the time.
"""

from datetime import datetime, timedelta

from core.domain.errors import ProviderError
from core.domain.generations.generation import Attempt
from core.ports import TaskSucceeded
from worker.context import Context

MISSED_S = 30.0
"""So late nobody is at a deadline whose worker was there."""
AGAIN_S = 2.0
"""The poll is overdue as well, and records the video within so long, mostly."""
FAILURES_MAX = 3


async def comes_after_all(attempt: Attempt, *, now: datetime, ctx: Context) -> bool:
    """Whether the deadline was missed and the vendor has the video: then its poll is waited for."""
    missed = attempt.deadline_at is not None and now - attempt.deadline_at > timedelta(seconds=ctx.scaled(MISSED_S))
    route = ctx.routes.get(attempt.route)
    if not missed or route is None or attempt.provider_task_id is None or attempt.failures >= FAILURES_MAX:
        return False
    try:
        return isinstance(await ctx.polls.ask(route, attempt.provider_task_id), TaskSucceeded)
    except ProviderError:
        return False  # it stays on watch: whatever comes later is offered
