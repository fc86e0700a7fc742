"""Discord's own shop: each sale becomes credits exactly once, and a refund by Discord takes them back.

Discord reports sales over the gateway, perhaps twice, perhaps while the bot is down, so a process also asks for the
list when it starts and every quarter of an hour. A sale is credited first and consumed at Discord then; after a crash
in between, the sale is still in the list.
"""

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta

import aiohttp
import discord
import structlog
from discord import app_commands

from bots.discord.api.errors import Asked, translated
from bots.discord.drawing import render
from bots.discord.inbound import first
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


def skus_of(known: DiscordSettings) -> dict[int, int]:
    """By SKU: the credits that it is worth.

    Raises:
        SettingsError
    """
    found: dict[int, int] = {}
    for word in (known.discord_skus or "").replace(",", " ").split():
        pair = _SKU.fullmatch(word)
        if pair is None or int(pair[2]) < 1:
            raise SettingsError("DISCORD_SKUS is wrong: it wants SKUs with their credits: 1234567890123456789=500.")
        found[int(pair[1])] = int(pair[2])
    if len(found) > SKUS_MAX:
        raise SettingsError(f"DISCORD_SKUS is wrong: it takes {SKUS_MAX} SKUs at most, one button each.")
    return found


class Shop:
    """The handlers of one process."""

    def __init__(self, client: discord.Client, video_service: VideoService, skus: Mapping[int, int]) -> None:
        self._client = client
        self._service = video_service
        self._skus = skus
        self._task: asyncio.Task[None] | None = None
        video_service.purchases.is_open = bool(skus)

    def register(self, tree: app_commands.CommandTree) -> None:
        """Add the command, if there is something to buy."""
        if not self._skus:
            return

        @tree.command(name="buy", description="Buy credits for this server, or for yourself")
        async def buy(interaction: discord.Interaction) -> None:
            await self.show(interaction)

    async def show(self, interaction: discord.Interaction) -> None:
        """Show the goods to the person alone. What they buy then goes to the team for which they asked."""
        if not await first.private(interaction):
            return
        if not self._skus:
            await first.whisper(interaction, cards.closed())
            return
        by = person(interaction)
        refusal = await self._service.purchases.intend(by)
        if refusal is not None:
            await first.whisper(interaction, refusal)
            return
        card = cards.shop(is_alone=by.installation == alone(by.user))
        await first.whisper(interaction, card, sells=tuple(self._skus))

    def begin(self) -> None:
        """Start to ask for the list of sales, now and every quarter of an hour."""
        if self._skus and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._look_again(), name="sales")

    def end(self) -> None:
        """Stop asking."""
        if self._task is not None:
            self._task.cancel()

    async def heard(self, entitlement: discord.Entitlement) -> None:
        """Handle a report of a sale, which may be a repeated one."""
        if not await self._settled(entitlement):
            log.warning("sale.not_settled", sale=str(entitlement.id))

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
            if is_open and now - entitlement.created_at < LOOK_BACK:
                all_settled &= await self._settled(entitlement)
        return await self._service.purchases.collect(DISCORD) and all_settled

    async def _settled(self, entitlement: discord.Entitlement) -> bool:
        if entitlement.deleted:
            return await self._undone(entitlement)
        worth = self._skus.get(entitlement.sku_id)
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
        credited = await self._service.purchases.sold(sale)
        if credited is None:
            return False
        if credited.status is SaleStatus.OK:
            log.info("sale.credited", sale=sale.name, credits=worth, granted=credited.granted)
            await self._thank(sale, granted=credited.granted, is_alone=credited.installation == sale.own)
        return credited.status is SaleStatus.UNDONE or await self._used_up(entitlement)

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
        undone = await self._service.purchases.undone(DISCORD, str(entitlement.id), sku=str(entitlement.sku_id))
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
