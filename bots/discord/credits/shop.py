"""Discord's own shop: each sale becomes credits exactly once, and a refund by Discord takes them back.

Discord reports sales over the gateway, perhaps twice, perhaps while the bot is down, so a process also asks for the
list when it starts and every quarter of an hour. A sale is credited first and consumed at Discord then; after a crash
in between, the sale is still in the list.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import aiohttp
import discord
import structlog
from discord import app_commands

from bots.discord.api.errors import Asked, translated
from bots.discord.credits.subscriptions import Subscriptions, sale_of
from bots.discord.drawing import render
from bots.discord.inbound import responses
from bots.discord.people.callers import DISCORD, person
from bots.discord.people.rights import alone
from bots.discord.settings import DiscordSettings
from bots.video_service import VideoService
from core.db.credits.purchases import SaleStatus
from core.domain.chat.chat_errors import ChatError
from core.domain.ids import Installation, UserId
from core.replies.credits import purchases as cards
from core.settings import SettingsError
from core.usecases.credits.purchases import Sale

log = structlog.get_logger()

LOOK_EVERY_S = 900.0
AGAIN_S = 30.0
LOOK_BACK = timedelta(days=60)
"""How far back sales are checked again: Discord refunds within weeks."""
LOOK_MOST = 2000
LATER = timedelta(minutes=10)
"""How far into the future the list of sales reaches, because clocks differ."""
SKUS_MAX = 5
_SKU = re.compile(r"(\d{15,20})=(\d{1,9})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """By SKU: the credits that it is worth, and those that each period of a subscription is worth."""

    skus: Mapping[int, int]
    subscriptions: Mapping[int, int]

    @property
    def every(self) -> tuple[int, ...]:
        """All SKUs, in the order of their buttons."""
        return (*self.skus, *self.subscriptions)


def goods_of(known: DiscordSettings) -> Goods:
    """What is sold.

    Raises:
        SettingsError
    """
    skus = _read("DISCORD_SKUS", known.discord_skus)
    subscriptions = _read("DISCORD_SUBSCRIPTIONS", known.discord_subscriptions)
    if both := skus.keys() & subscriptions.keys():
        raise SettingsError(f"DISCORD_SUBSCRIPTIONS is wrong: {min(both)} is in DISCORD_SKUS already.")
    if len(skus) + len(subscriptions) > SKUS_MAX:
        raise SettingsError(
            f"DISCORD_SKUS is wrong: it takes {SKUS_MAX} SKUs at most, one button each, with DISCORD_SUBSCRIPTIONS."
        )
    return Goods(skus=skus, subscriptions=subscriptions)


def _read(name: str, words: str | None) -> dict[int, int]:
    found: dict[int, int] = {}
    for word in (words or "").replace(",", " ").split():
        pair = _SKU.fullmatch(word)
        if pair is None or int(pair[2]) < 1:
            raise SettingsError(f"{name} is wrong: it wants SKUs with their credits: 1234567890123456789=500.")
        found[int(pair[1])] = int(pair[2])
    return found


class Shop:
    """The handlers of one process."""

    def __init__(self, client: discord.Client, video_service: VideoService, goods: Goods) -> None:
        self._client = client
        self._service = video_service
        self._goods = goods
        self._subscriptions = Subscriptions(client, video_service)
        self._task: asyncio.Task[None] | None = None
        video_service.purchases.is_open = bool(goods.every)

    def register(self, tree: app_commands.CommandTree) -> None:
        """Add the command, if there is something to buy."""
        if not self._goods.every:
            return

        @tree.command(name="buy", description="Buy credits for this server, or for yourself")
        async def buy(interaction: discord.Interaction) -> None:
            await self.show(interaction)

    async def show(self, interaction: discord.Interaction) -> None:
        """Show the goods to the person alone. What they buy then goes to the team for which they asked."""
        if not await responses.defer_privately(interaction):
            return
        if not self._goods.every:
            await responses.whisper(interaction, cards.closed())
            return
        by = person(interaction)
        refusal = await self._service.purchases.intend(by)
        if refusal is not None:
            await responses.whisper(interaction, refusal)
            return
        card = cards.shop(is_alone=by.installation == alone(by.user))
        await responses.whisper(interaction, card, sells=self._goods.every)

    def begin(self) -> None:
        """Start to ask for the list of sales, now and every quarter of an hour."""
        if self._goods.every and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._look_again(), name="sales")

    def end(self) -> None:
        """Stop asking."""
        if self._task is not None:
            self._task.cancel()

    async def heard(self, entitlement: discord.Entitlement) -> None:
        """Handle a report of a sale, which may be a repeated one."""
        if not await self._settled(entitlement):
            log.warning("sale.not_settled", sale=str(entitlement.id))

    async def paid(self, subscription: discord.Subscription) -> None:
        """Handle a report of a subscription, such as that it was renewed."""
        if not await self._period(subscription):
            log.warning("sale.not_settled", sale=str(subscription.id))

    async def ended(self, entitlement: discord.Entitlement) -> None:
        """Handle a report of a refund."""
        await self._undone(entitlement)

    async def _look_again(self) -> None:
        while True:
            pause_s = AGAIN_S
            try:
                if await self._look():
                    pause_s = LOOK_EVERY_S
            except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as error:
                log.warning("sales.not_seen", error=type(error).__name__, again_in_s=pause_s)
            await asyncio.sleep(pause_s)

    async def _look(self) -> bool:
        """Settle every sale of the last weeks. False: some could not be settled."""
        all_settled = True
        now = discord.utils.utcnow()
        # Newest first: in the other order discord.py 2.7.1 leaves out refunded sales.
        found = self._client.entitlements(limit=LOOK_MOST, before=now + LATER, exclude_deleted=False)
        async for entitlement in found:
            is_open = entitlement.deleted or not entitlement.consumed
            is_recent = now - entitlement.created_at < LOOK_BACK or entitlement.sku_id in self._goods.subscriptions
            if is_open and is_recent and not _is_long_over(entitlement, now):
                all_settled &= await self._settled(entitlement)
        return await self._service.purchases.collect(DISCORD) and all_settled

    async def _settled(self, entitlement: discord.Entitlement) -> bool:
        if entitlement.deleted:
            return await self._undone(entitlement)
        if entitlement.sku_id in self._goods.subscriptions:
            return await self._subscribed(entitlement)
        worth = self._goods.skus.get(entitlement.sku_id)
        if worth is None or entitlement.user_id is None:
            log.error("sale.unknown", sku=str(entitlement.sku_id), sale=str(entitlement.id), remedy="set DISCORD_SKUS")
            return True
        buyer = UserId(str(entitlement.user_id))
        server = entitlement.guild_id
        sale = Sale(
            platform=DISCORD,
            name=str(entitlement.id),
            sku=str(entitlement.sku_id),
            buyer=buyer,
            credits=worth,
            bought_at=entitlement.starts_at or entitlement.created_at,
            own=alone(buyer),
            installation=Installation(str(server)) if server is not None else None,
        )
        status = await self._credited(sale)
        return status is not None and (status is SaleStatus.UNDONE or await self._used_up(entitlement))

    async def _credited(self, sale: Sale) -> SaleStatus | None:
        """Credit a sale and thank for it, once; None while the database is away."""
        credited = await self._service.purchases.sold(sale)
        if credited is None:
            return None
        if credited.status is SaleStatus.OK:
            log.info("sale.credited", sale=sale.name, credits=sale.credits, granted=credited.granted)
            await self._thank(sale, granted=credited.granted, is_alone=credited.installation == sale.own)
        return credited.status

    async def _subscribed(self, entitlement: discord.Entitlement) -> bool:
        """Credit the period that is paid now. A subscription is never used up."""
        if entitlement.user_id is None:
            return True  # its subscription says who pays: `paid` hears of it
        try:
            subscription = await self._subscriptions.of(entitlement)
        except ChatError as error:
            log.warning("sale.not_settled", sale=str(entitlement.id), error=type(error).__name__)
            return False
        if subscription is None or entitlement.id not in subscription.entitlement_ids:
            return True  # Discord tells of it once it is granted
        return await self._paid_for(subscription, entitlement)

    async def _period(self, subscription: discord.Subscription) -> bool:
        if not self._goods.subscriptions.keys() & set(subscription.sku_ids):
            return True
        try:
            granted = await self._subscriptions.entitlements(subscription)
        except ChatError as error:
            log.warning("sale.not_settled", sale=str(subscription.id), error=type(error).__name__)
            return False
        return all([await self._paid_for(subscription, each) for each in granted])

    async def _paid_for(self, subscription: discord.Subscription, entitlement: discord.Entitlement) -> bool:
        worth = self._goods.subscriptions.get(entitlement.sku_id)
        if worth is None or entitlement.deleted or entitlement.is_expired():
            return True
        return await self._credited(sale_of(subscription, entitlement, worth=worth)) is not None

    async def _used_up(self, entitlement: discord.Entitlement) -> bool:
        """Tell Discord that the buyer may buy the same again."""
        if entitlement.consumed:
            return True
        try:
            async with translated():
                await entitlement.consume()
        except ChatError as error:
            log.warning("sale.not_used_up", sale=str(entitlement.id), error=type(error).__name__, why=str(error))
            return False
        return True

    async def _undone(self, entitlement: discord.Entitlement) -> bool:
        name: str | None = str(entitlement.id)
        if entitlement.sku_id in self._goods.subscriptions:
            name = await self._subscriptions.undone(entitlement)
        if name is None:
            return False
        undone = await self._service.purchases.undone(DISCORD, name, sku=str(entitlement.sku_id))
        if undone is None:
            return False
        if undone.status is SaleStatus.OK:
            log.warning("sale.undone", sale=str(entitlement.id), taken_back=undone.granted, owed=undone.owed)
        return True

    async def _thank(self, sale: Sale, *, granted: int, is_alone: bool) -> None:
        card = cards.bought(worth=sale.credits, granted=granted, is_alone=is_alone)
        try:
            async with translated(Asked.POST):
                channel = await self._client.create_dm(discord.Object(int(sale.buyer)))
                await channel.send(embed=render.embed(card), allowed_mentions=render.NOBODY)
        except ChatError as error:
            log.info("sale.not_thanked", error=type(error).__name__)


def _is_long_over(entitlement: discord.Entitlement, now: datetime) -> bool:
    """Whether a subscription ended so long ago that nothing comes of it any more."""
    return entitlement.ends_at is not None and now - entitlement.ends_at > LOOK_BACK
