"""A person deletes a result, reports one, or hides one that was reported. A worker carries it out; the ledger stays."""

from dataclasses import dataclass
from uuid import UUID

from core.db.errors import transaction
from core.db.generations import results, transitions
from core.db.generations.transitions import StepLogEntry
from core.db.people import teams
from core.db.pool import Pool
from core.domain.chat.principal import Principal
from core.domain.generations.generation import Generation, State
from core.domain.requests.refusals import NotOverYet, NotYours, ResultGone, WhyGone
from core.domain.requests.terms import Terms
from core.usecases.generations.usable import known, may_manage, usable, why_gone

CHAT = "chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A report that is written down.

    Args:
        told: the admins read of it in the team's alert channel.
        may_hide: whoever reported it is an admin and can hide it themselves.
    """

    generation: Generation
    told: bool
    may_hide: bool


async def deletable(generation_id: UUID, *, by: Principal, pool: Pool) -> Generation:
    """What would be deleted, for the question before it.

    Raises:
        UnknownGeneration, ResultGone, NotYours, NotOverYet
        DatabaseAway
    """
    async with transaction(pool) as conn:
        generation = await known(conn, generation_id, by=by)
    if generation.deleted_at is not None:
        raise ResultGone(why=WhyGone.DELETED)
    if not may_manage(generation, by=by):
        raise NotYours("delete")
    if generation.state is not State.DONE:
        raise NotOverYet
    return generation


async def delete(generation_id: UUID, *, by: Principal, pool: Pool) -> Generation:
    """Delete it for everybody: its messages, its clip and pictures, its words and its link. What was paid stays paid.

    Raises:
        UnknownGeneration, ResultGone, NotYours, NotOverYet
        DatabaseAway
    """
    generation = await deletable(generation_id, by=by, pool=pool)
    await _take_away(generation, files=True, pool=pool)
    return generation


async def hide(generation_id: UUID, *, by: Principal, pool: Pool) -> Generation:
    """Take its messages and its link away; its clip is kept as long as others.

    Raises:
        NotAnAdmin
        UnknownGeneration, ResultGone, NotOverYet
        DatabaseAway
    """
    by.must_be_admin()
    async with transaction(pool) as conn:
        generation = await known(conn, generation_id, by=by)
    if (why := why_gone(generation)) in {WhyGone.DELETED, WhyGone.HIDDEN}:
        raise ResultGone(why=WhyGone(why))
    await _take_away(generation, files=False, pool=pool)
    return generation


async def report(generation_id: UUID, *, by: Principal, pool: Pool, terms: Terms) -> Reported:
    """Tell the team's admins that somebody should look at it; the same person's second report changes nothing.

    Raises:
        UnknownGeneration, ResultGone
        DatabaseAway
    """
    async with transaction(pool) as conn:
        generation = await usable(conn, generation_id, by=by)
        member = await teams.of(conn, by, free_credits=terms.free_credits)
        told = await results.report(conn, generation.id, by=member.member_id)
        await transitions.log_step(conn, generation, StepLogEntry(worker=CHAT, step="report", outcome="noted"))
    return Reported(generation=generation, told=told, may_hide=by.is_admin)


async def _take_away(generation: Generation, *, files: bool, pool: Pool) -> None:
    async with transaction(pool) as conn:
        if not await results.take_away(conn, generation.id, files=files):
            raise NotOverYet
        step = "delete" if files else "hide"
        await transitions.log_step(conn, generation, StepLogEntry(worker=CHAT, step=step, outcome="asked"))
