"""A person wants their video in another place: where they press now, because the old one takes nothing more."""

from uuid import UUID

from core.db.errors import transaction
from core.db.generations import claims, deliveries
from core.db.pool import Pool
from core.domain.chat.principal import Principal
from core.domain.ids import Thread
from core.domain.requests.refusals import UnknownGeneration


async def bring_here(generation_id: UUID, thread: Thread, *, by: Principal, pool: Pool) -> bool:
    """Post all further messages about a person's own generation in that thread. False: all of them are posted already.

    Raises:
        UnknownGeneration: there is none, or it is somebody else's.
        DatabaseAway
    """
    async with transaction(pool) as conn:
        generation = await claims.load_for(conn, generation_id, principal=by)
        if generation is None or not by.is_same_person(
            platform=generation.platform, installation=generation.installation, user=generation.user_id
        ):
            raise UnknownGeneration
        return await deliveries.move(conn, generation.id, thread=thread)
