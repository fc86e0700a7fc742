"""What a person has typed is kept while they are asked about it, and comes back with the button that they press."""

from uuid import UUID, uuid4

from core.db.errors import statement
from core.db.people import drafts
from core.db.pool import Pool
from core.domain.ids import Installation, PlatformName, UserId
from core.domain.requests.drafts import Draft
from core.domain.requests.refusals import DraftGone


async def keep(draft: Draft, *, platform: PlatformName, installation: Installation, user: UserId, pool: Pool) -> UUID:
    """Keep it, for its own person alone; its id is for the buttons.

    Raises:
        DatabaseAway
    """
    draft_id = uuid4()
    async with statement(pool) as conn:
        await drafts.keep(conn, draft, draft_id=draft_id, platform=platform, installation=installation, user=user)
    return draft_id


async def load(
    draft_id: UUID, *, platform: PlatformName, installation: Installation, user: UserId, pool: Pool
) -> Draft:
    """What was kept.

    Raises:
        DraftGone: it is too old, or somebody else's.
        DatabaseAway
    """
    async with statement(pool) as conn:
        found = await drafts.load(conn, draft_id, platform=platform, installation=installation, user=user)
    if found is None:
        raise DraftGone
    return found


async def pressed(event: str, *, user: UserId, button: str, pool: Pool) -> str:
    """The event that a press counts as: a double click is one press, and so is the same press delivered twice.

    Args:
        event: the platform's own id of the press.
        button: what the button does, and to what.

    Raises:
        DatabaseAway
    """
    async with statement(pool) as conn:
        return await drafts.press(conn, event, button=f"{button}:{user}")
