"""Loads what the cards about a generation show."""

from dataclasses import replace
from uuid import UUID

from core.db.errors import connection
from core.db.generations import clip_links
from core.db.generations.snapshot import Snapshot, read_snapshot
from core.db.health import route_health
from core.db.people import teams
from core.db.pool import Connection
from core.db.routing import route_queue
from core.domain.errors import ErrorClass
from core.domain.generations.generation import Generation, Outcome, State
from core.domain.requests.pricing import fit
from core.domain.requests.terms import OtherProvider
from core.domain.requests.variations import variations
from core.domain.routing.queueing import ExpectedTurn
from core.replies.generations.view import View
from worker import capacity, routing_inputs
from worker.context import Context


async def load_view(generation_id: UUID, ctx: Context) -> View:
    """The generation as people may see it now."""
    async with connection(ctx.pool) as conn:
        seen = await read_snapshot(conn, generation_id)
    if seen is None:
        raise LookupError(f"no generation {generation_id}")
    return await view_of(seen, ctx)


async def view_of(seen: Snapshot, ctx: Context) -> View:
    """A generation that was just read, as people may see it."""
    generation, tried = seen.generation, seen.attempts
    view = View(generation=generation, attempts=tried, labels=ctx.labels, now=seen.now)
    if generation.state in {State.DELIVERING, State.DONE}:
        link = await _link(generation, ctx)
        return replace(
            view,
            link=link,
            poster=f"{link}.jpg" if link else None,
            other=_other(seen, ctx),
            variations=variations(generation.request, terms=ctx.terms, fallback=generation.fallback),
        )
    if generation.decided_by is not None:
        async with connection(ctx.pool) as conn:
            view = replace(view, decided_by=await teams.user_of(conn, generation.decided_by))
    if view.current is None:
        if generation.reason.waiting is None:
            return view  # it has not been told to wait, so it stands in no queue
        async with connection(ctx.pool) as conn:
            return replace(view, turn=await _turn(conn, generation, ctx))
    usual = await routing_inputs.usual_now(view.current.route, view.current.fitted, ctx)
    return replace(view, expected_s=usual.p50_s)


async def _turn(conn: Connection, generation: Generation, ctx: Context) -> ExpectedTurn | None:
    """Where it stands in the queue, if it stands in one."""
    entries = {
        r: entry for r, entry in (await route_queue.shown_positions(conn, generation.id)).items() if r in ctx.routes
    }
    if not entries:
        return None
    offers = {route: ctx.terms.offers[ctx.routes[route].facts.provider] for route in entries}
    fitted = {route: fit(generation.request, offer.capabilities) for route, offer in offers.items()}
    picture = await route_health.read(conn, list(entries), config=ctx.health, routing=ctx.routing)
    return await capacity.turn_of(
        conn, entries, picture, usual=await routing_inputs.usual_of(conn, fitted, ctx), ctx=ctx
    )


def _other(seen: Snapshot, ctx: Context) -> OtherProvider | None:
    """Who may make what was refused: nobody, where the rule is everybody's."""
    generation = seen.generation
    refused = [a for a in seen.attempts if a.error_class is ErrorClass.CONTENT_POLICY]
    if generation.error_class is not ErrorClass.CONTENT_POLICY or not refused:
        return None
    if refused[-1].refusal is None or not refused[-1].refusal.may_pass_elsewhere:
        return None
    # The workspace may have excluded providers: those are not in the chain.
    excluded = [name for name in ctx.terms.chain(generation.request.tier) if name not in generation.chain]
    names = [*(attempt.provider for attempt in refused), *excluded]
    return ctx.terms.elsewhere(generation.request, refused_by=names, fallback=generation.fallback)


async def _link(generation: Generation, ctx: Context) -> str | None:
    """Where the clip can be watched; None where there is none, or links are off, or this one was revoked."""
    if ctx.addresses is None or generation.clip is None or generation.outcome is not Outcome.SUCCEEDED:
        return None
    async with connection(ctx.pool) as conn:
        link = await clip_links.ensure(conn, generation.id, days=ctx.link_days)
    return ctx.addresses.watch(link.id, until=link.expires_at) if link else None
