"""Loads what the cards about a generation show."""

from dataclasses import replace
from uuid import UUID

from core.db import credits, health, lines, link_rows
from core.db.errors import connection
from core.db.looks import look
from core.db.pool import Connection
from core.domain.generation import Generation, Outcome, State
from core.domain.pricing import fit
from core.domain.queueing import Turn
from core.replies.views import View
from worker import capacity, evidence
from worker.context import Context


async def load_view(generation_id: UUID, ctx: Context) -> View:
    """The generation as people may see it now."""
    async with connection(ctx.pool) as conn:
        seen = await look(conn, generation_id)
        if seen is None:
            raise LookupError(f"no generation {generation_id}")
        generation, tried = seen.generation, seen.attempts
        view = View(generation=generation, attempts=tried, labels=ctx.labels, now=seen.now)
        if generation.state in {State.DELIVERING, State.DONE}:
            funds = await credits.balance(conn, team_id=generation.team_id)
            return View(
                generation=generation, attempts=tried, labels=ctx.labels, now=view.now, balance=funds.balance,
                link=await _link(conn, generation, ctx),
            )  # fmt: skip
        if view.current is None:
            return replace(view, turn=await _turn(conn, generation, ctx))
        usual = await evidence.usual(conn, view.current.route, view.current.fitted, ctx)
        return View(generation=generation, attempts=tried, labels=ctx.labels, now=view.now, expected_s=usual.p50_s)


async def _turn(conn: Connection, generation: Generation, ctx: Context) -> Turn | None:
    """Where it stands in the queue, if it stands in one."""
    spots = {r: spot for r, spot in (await lines.places(conn, generation.id)).items() if r in ctx.routes}
    if not spots:
        return None
    offers = {route: ctx.terms.offers[ctx.routes[route].facts.provider] for route in spots}
    fitted = {route: fit(generation.request, offer.capabilities) for route, offer in offers.items()}
    picture = await health.read(conn, list(spots), config=ctx.health, routing=ctx.routing)
    return await capacity.turn_of(conn, spots, picture, usual=await evidence.usual_of(conn, fitted, ctx), ctx=ctx)


async def _link(conn: Connection, generation: Generation, ctx: Context) -> str | None:
    """Where the clip can be watched; None where there is none, or links are off, or this one was revoked."""
    if ctx.addresses is None or generation.clip is None or generation.outcome is not Outcome.SUCCEEDED:
        return None
    link = await link_rows.ensure(conn, generation.id, days=ctx.link_days)
    return ctx.addresses.watch(link.id, until=link.expires_at) if link else None
