"""A result that a person wants to do something with: theirs to see, and neither deleted, hidden nor too old."""

from uuid import UUID

from core.db.generations import claims
from core.db.pool import Connection
from core.domain.chat.principal import Principal
from core.domain.generations.generation import Generation, State
from core.domain.requests.refusals import ResultGone, UnknownGeneration, WhyGone


async def known(conn: Connection, generation_id: UUID, *, by: Principal) -> Generation:
    """A generation of the caller's team, whatever has become of it.

    Raises:
        UnknownGeneration: there is none, or it is another team's.
    """
    generation = await claims.load_for(conn, generation_id, principal=by)
    if generation is None:
        raise UnknownGeneration
    return generation


async def usable(conn: Connection, generation_id: UUID, *, by: Principal) -> Generation:
    """The same, as long as its words are kept and nobody has taken it away.

    Raises:
        UnknownGeneration, ResultGone
    """
    generation = await known(conn, generation_id, by=by)
    if (why := why_gone(generation)) is not None:
        left = generation.request
        raise ResultGone(why=why, tier=left.tier.value, aspect=left.aspect.value, duration_s=left.duration_s)
    return generation


def why_gone(generation: Generation) -> WhyGone | None:
    """Why nothing can be done with it any more; None where something can."""
    if generation.deleted_at is not None:
        return WhyGone.DELETED
    if generation.hidden_at is not None:
        return WhyGone.HIDDEN
    return WhyGone.OLD if generation.state is State.DONE and not generation.request.prompt else None


def may_manage(generation: Generation, *, by: Principal) -> bool:
    """Whether somebody may take it away: whoever asked for it, and the admins of the team."""
    is_theirs = by.is_same_person(
        platform=generation.platform, installation=generation.installation, user=generation.user_id
    )
    return is_theirs or by.is_admin
