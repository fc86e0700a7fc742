"""The operator's terms: prices, what a new team is given, how long a person waits. Values, read once at the start."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from core.domain.ids import ProviderName
from core.domain.pricing import Offers, Quote, quote
from core.domain.refusals import NoProvider
from core.domain.request import VideoRequest
from core.domain.tiers import TIERS, TierName


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the operator has decided.

    Args:
        offers: what each configured provider makes and costs; a provider without a key is not in it.
        credits_per_usd: credits for one US dollar of list price, margin included.
        free_credits: given to a new team, each month.
        window_s: the delivery window, from the first attempt on.
        start_by_s: how long a generation may wait for its first attempt.
        last_resort: by tier, a provider that is tried when the chain has nothing left.
    """

    offers: Offers
    credits_per_usd: int = 150
    free_credits: int = 300
    window_s: float = 900.0
    start_by_s: float = 1800.0
    last_resort: Mapping[TierName, ProviderName] = field(default_factory=dict)

    def chain(self, tier: TierName) -> tuple[ProviderName, ...]:
        """The providers that a generation of this tier may use: its chain, then the operator's last resort.

        Raises:
            NoProvider: none of them is configured.
        """
        wanted = TIERS[tier].chain
        if (last := self.last_resort.get(tier)) and last not in wanted:
            wanted = (*wanted, last)
        chain = tuple(provider for provider in wanted if provider in self.offers)
        if not chain:
            raise NoProvider
        return chain

    def quote(self, request: VideoRequest) -> Quote:
        """What is held for this request."""
        return quote(request, self.offers, providers=self.chain(request.tier), credits_per_usd=self.credits_per_usd)

    def tier_prices(self, *, like: VideoRequest | None = None) -> dict[TierName, int]:
        """By tier that somebody makes: what a video holds at most, of the usual length or like another request."""
        asked = like or VideoRequest(prompt="any")
        prices = {}
        for tier in TierName:
            try:
                prices[tier] = self.quote(replace(asked, tier=tier)).credits
            except NoProvider:
                continue
        return prices

    def affordable(self, balance: int, *, like: VideoRequest) -> tuple[tuple[str, int], ...]:
        """Tiers that a balance would cover, dearest first, each with what it holds."""
        within = [(str(tier), price) for tier, price in self.tier_prices(like=like).items() if price <= balance]
        return tuple(sorted(within, key=lambda row: -row[1]))
