"""A platform's own shop has sold credits, or has taken a sale back: once each, whoever tells us, however often."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from core.db.credits import purchases
from core.db.credits.purchases import CreditedSale
from core.db.errors import connection, statement, transaction
from core.db.pool import Pool
from core.domain.chat.principal import Principal
from core.domain.ids import Installation, PlatformName, UserId
from core.domain.requests.terms import Terms

_KEYS = UUID("d2a6d4f0-9a34-5b0a-9d0e-0b3f7c6a1e55")
UNDONE_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """What a platform says that it has sold.

    Args:
        name: the platform's own name of the sale, the same however often it is told.
        sku: what was sold.
        installation: for whom, where the platform says so.
        own: the buyer's own team.
        series: the platform's name of the subscription that it is a period of; it is for whom the first period was.
    """

    platform: PlatformName
    name: str
    sku: str
    buyer: UserId
    credits: int
    bought_at: datetime
    own: Installation
    installation: Installation | None = None
    series: str | None = None


async def sold(sale: Sale, *, pool: Pool, terms: Terms) -> CreditedSale:
    """Give the team what was bought for it.

    Raises:
        DatabaseAway
    """
    async with transaction(pool) as conn:
        first = None
        if sale.installation is None and sale.series is not None:
            first = await purchases.first_of(conn, platform=sale.platform, series=sale.series)
        return await purchases.credit(
            conn,
            platform=sale.platform,
            sale=sale.name,
            key=uuid5(_KEYS, f"{sale.platform}:{sale.name}"),
            sku=sale.sku,
            buyer=sale.buyer,
            installation=sale.installation or first,
            own=sale.own,
            worth=sale.credits,
            bought_at=sale.bought_at,
            free_credits=terms.free_credits,
        )


async def taken_back(platform: PlatformName, name: str, *, sku: str, pool: Pool) -> CreditedSale:
    """The platform has given the buyer their money back.

    Raises:
        DatabaseAway
    """
    async with transaction(pool) as conn:
        return await purchases.undo(conn, platform=platform, sale=name, sku=sku)


async def collect(platform: PlatformName, *, pool: Pool) -> int:
    """Take what has come back to sales that were undone, such as a refund of a video. Returns how much.

    Raises:
        DatabaseAway
    """
    async with connection(pool) as conn:
        open_sales = await purchases.undone(conn, platform=platform, limit=UNDONE_MOST)
    owed = 0
    for name, sku in open_sales:
        async with transaction(pool) as conn:
            owed += (await purchases.undo(conn, platform=platform, sale=name, sku=sku)).owed
    return owed


async def intend(by: Principal, *, pool: Pool) -> None:
    """This person opens the shop here: what they buy next is for this workspace.

    Raises:
        DatabaseAway
    """
    async with statement(pool) as conn:
        await purchases.intend(conn, platform=by.platform, user=by.user, installation=by.installation)
