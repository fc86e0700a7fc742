"""What a bot does about a platform's own shop: credits what was sold, and takes the credits of a refunded sale back."""

from dataclasses import replace

from bots.run_use_case import run_use_case
from core.db.credits.purchases import CreditedSale
from core.db.errors import DatabaseAway
from core.domain.chat.principal import Principal
from core.domain.errors import Refused
from core.domain.ids import PlatformName
from core.domain.requests.refusals import Insufficient
from core.replies.chat.card import Button, Card
from core.replies.chat.community_actions import CommunityAction
from core.replies.languages.say import say
from core.runtime import Runtime
from core.usecases.credits import purchases
from core.usecases.credits.purchases import Sale


class Purchases:
    """The use cases about purchases, for one process."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.is_open = False
        """Whether the platform of this process has a shop."""

    def offered(self, card: Card, refusal: Refused) -> Card:
        """The refusal; where credits are missing, with a button to the shop."""
        if not self.is_open or not isinstance(refusal, Insufficient):
            return card
        return replace(card, parts=(*card.parts, Button(CommunityAction.BUY, say("Buy credits"), "0")))

    async def sold(self, sale: Sale) -> CreditedSale | None:
        """Credit a sale, once; None while the database is away: the platform reports the sale again."""
        try:
            return await purchases.sold(sale, pool=self._runtime.pool, terms=self._runtime.terms)
        except DatabaseAway:
            return None

    async def undone(self, platform: PlatformName, name: str, *, sku: str) -> CreditedSale | None:
        """Take the credits of a refunded sale back; None while the database is away."""
        try:
            return await purchases.taken_back(platform, name, sku=sku, pool=self._runtime.pool)
        except DatabaseAway:
            return None

    async def collect(self, platform: PlatformName) -> bool:
        """Take back what refunded sales still owe, as far as credits are there. False while the database is away."""
        try:
            await purchases.collect(platform, pool=self._runtime.pool)
        except DatabaseAway:
            return False
        return True

    async def intend(self, by: Principal) -> Card | None:
        """Note that this person is about to buy for this workspace; None, or a card that says why they cannot."""
        noted = await run_use_case(purchases.intend(by, pool=self._runtime.pool), what="purchase")
        return noted if isinstance(noted, Card) else None
