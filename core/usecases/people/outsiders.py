"""Whether a workspace lets people use the app who are not its members. Without a choice of its admins: nobody."""

from core.db.errors import connection
from core.db.people import workspaces
from core.db.pool import Pool
from core.domain.chat.principal import Belongs
from core.domain.ids import Installation, PlatformName


async def lets_in(platform: PlatformName, installation: Installation, belongs: Belongs, *, pool: Pool) -> bool:
    """Whether somebody who is this to the workspace may use the app there.

    Raises:
        DatabaseAway
    """
    async with connection(pool) as conn:
        chosen = await workspaces.outsiders(conn, platform=platform, installation=installation)
    return chosen.lets_in(belongs)
