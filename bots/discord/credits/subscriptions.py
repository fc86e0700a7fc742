"""Subscriptions in Discord's shop: each paid period becomes credits once, and a refund takes the newest period's back.

Discord says nothing of a renewal in the entitlement, which lasts until the subscription ends; the subscription's own
period moves on (docs of 2026-08-06). Its status is not used: the documents and the OpenAPI file of Discord number it
differently. A period counts once an entitlement is granted for it.
"""

import discord
import structlog

from bots.discord.api.errors import Asked, translated
from bots.discord.people.callers import DISCORD
from bots.discord.people.rights import alone
from bots.video_service import VideoService
from core.domain.chat.chat_errors import ChatError, PlaceGone
from core.domain.ids import Installation, UserId
from core.usecases.credits.purchases import Sale

log = structlog.get_logger()

PERIODS_MOST = 100
"""Subscriptions of one person to one SKU that are looked at; Discord lists so many at once."""


def sale_of(subscription: discord.Subscription, entitlement: discord.Entitlement, *, worth: int) -> Sale:
    """The period that is paid now, as a sale. Renewals are for whom the first period was."""
    buyer, server = UserId(str(subscription.user_id)), entitlement.guild_id
    return Sale(
        platform=DISCORD,
        name=f"{subscription.id}:{int(subscription.current_period_start.timestamp())}",
        sku=str(entitlement.sku_id),
        buyer=buyer,
        credits=worth,
        bought_at=subscription.current_period_start,
        own=alone(buyer),
        installation=Installation(str(server)) if server is not None else None,
        series=str(subscription.id),
    )


class Subscriptions:
    """Asks Discord for what belongs together: a subscription and its entitlements."""

    def __init__(self, client: discord.Client, video_service: VideoService) -> None:
        self._client = client
        self._service = video_service

    async def entitlements(self, subscription: discord.Subscription) -> list[discord.Entitlement]:
        """What was granted for a subscription.

        Raises:
            ChatError
        """
        found = []
        for number in subscription.entitlement_ids:
            try:
                async with translated(Asked.READ):
                    found.append(await self._client.fetch_entitlement(number))
            except PlaceGone:
                log.info("sale.not_there", sale=str(number))
        return found

    async def of(self, entitlement: discord.Entitlement) -> discord.Subscription | None:
        """The subscription that an entitlement was granted for; the person's newest one where none names it.

        Raises:
            ChatError
        """
        async with translated(Asked.READ):
            rows = await self._client.http.list_sku_subscriptions(
                entitlement.sku_id, limit=PERIODS_MOST, user_id=entitlement.user_id
            )
            state = self._client._connection  # noqa: SLF001 - discord.py has no public way without the SKU itself
            every = [discord.Subscription(state=state, data=row) for row in rows]
        named = [each for each in every if entitlement.id in each.entitlement_ids]
        return max(named or every, key=lambda each: each.id, default=None)

    async def undone(self, entitlement: discord.Entitlement) -> str | None:
        """The name of the sale that a refund takes back; None where Discord cannot be asked now.

        A refund of what was never credited is noted by the entitlement's own name.
        """
        try:
            subscription = await self.of(entitlement)
        except ChatError as error:
            log.warning("sale.not_undone", sale=str(entitlement.id), error=type(error).__name__)
            return None
        if subscription is None:
            return str(entitlement.id)
        return sale_of(subscription, entitlement, worth=0).name
