"""A step of a workflow asks for a video, and is answered when that is there: by a worker, however long it takes."""

from core.db.errors import statement
from core.db.generations import waiting_steps
from core.db.pool import Pool
from core.domain.ids import GenerationId, Installation, PlatformName, Thread, generation_id


async def wait(
    *, platform: PlatformName, installation: Installation, event: str, place: Thread, reference: str, pool: Pool
) -> GenerationId:
    """Write down that a step waits for what this event asks for, before it is asked for. Returns the generation's id.

    Raises:
        DatabaseAway
    """
    wanted = generation_id(platform=platform, installation=installation, event=event)
    async with statement(pool) as conn:
        await waiting_steps.wait(conn, wanted, platform=platform, place=place, reference=reference)
    return wanted


async def no_longer(wanted: GenerationId, *, pool: Pool) -> None:
    """It was answered already: nothing is to come.

    Raises:
        DatabaseAway
    """
    async with statement(pool) as conn:
        await waiting_steps.answered(conn, wanted)
