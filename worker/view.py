"""Loads what the cards about a generation show."""

from uuid import UUID

from core.db import attempts, credits, generations
from core.db.errors import connection
from core.db.workers import now as database_now
from core.domain.generation import State
from core.replies.generations import View
from worker import evidence
from worker.context import Context


async def load_view(generation_id: UUID, ctx: Context) -> View:
    """The generation as people may see it now."""
    async with connection(ctx.pool) as conn:
        generation = await generations.load(conn, generation_id)
        if generation is None:
            raise LookupError(f"no generation {generation_id}")
        tried = await attempts.of(conn, generation_id)
        view = View(generation=generation, attempts=tried, labels=ctx.labels, now=await database_now(conn))
        if generation.state in {State.DELIVERING, State.DONE}:
            funds = await credits.balance(conn, team_id=generation.team_id)
            return View(generation=generation, attempts=tried, labels=ctx.labels, now=view.now, balance=funds.balance)
        if view.current is None:
            return view
        usual = await evidence.usual(conn, view.current.route, view.current.fitted, ctx)
        return View(generation=generation, attempts=tried, labels=ctx.labels, now=view.now, expected_s=usual.p50_s)
