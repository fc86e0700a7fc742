"""A person asks what their team has left."""

from dataclasses import dataclass

from core.db import credits, generations, teams
from core.db.errors import transaction
from core.db.pool import Pool
from core.domain.ids import Installation, PlatformName, UserId
from core.domain.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """A team's credits: what can be spent, and what generations under way hold."""

    credits_left: int
    held: int
    running: int


async def balance(
    *, platform: PlatformName, installation: Installation, user: UserId, pool: Pool, terms: Terms
) -> Balance:
    """What the team of this person has; a team that is seen for the first time gets its free credits.

    Raises:
        DatabaseAway
    """
    async with transaction(pool) as conn:
        membership = await teams.ensure(
            conn, platform=platform, installation=installation, user=user, free_credits=terms.free_credits
        )
        funds = await credits.balance(conn, team_id=membership.team_id)
        running = await generations.under_way(conn, membership.team_id)
    return Balance(credits_left=funds.balance, held=funds.held, running=running)
