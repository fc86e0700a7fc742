"""The operator's terms: prices, what a new team is given, how long a person waits. Values, read once at the start."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from core.domain.ids import ProviderName
from core.domain.requests.fallback import Fallback, within
from core.domain.requests.pricing import Offers, Quote, quote
from core.domain.requests.refusals import NoProvider, NoProviderForPictures
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import TIERS, TierName
from core.domain.time_scale import REAL_TIME, TimeScale


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherProvider:
    """The next provider of a chain that may make what another has refused. `credits`: what is held at most."""

    provider: ProviderName
    credits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the operator has decided.

    Args:
        offers: what each configured provider makes and costs; a provider without a key is not in it.
        credits_per_usd: credits for one US dollar of list price, margin included.
        free_credits: given to a new team, each month.
        window_s: the delivery window, from the first attempt on.
        start_by_s: how long a generation may wait for its first attempt.
        approve_by_s: how long a generation may wait for an admin.
        last_resort: by tier, a provider that is tried when the chain has nothing left.
        patience: by tier, what the operator wants instead of the tier's own patience, in seconds.
        open_most: requests that one person may have under way, where their workspace says nothing else.
        time_scale: shortens the patience; the other durations come scaled.
    """

    offers: Offers
    credits_per_usd: int = 150
    free_credits: int = 500
    window_s: float = 900.0
    start_by_s: float = 1800.0
    approve_by_s: float = 86_400.0
    last_resort: Mapping[TierName, ProviderName] = field(default_factory=dict)
    patience: Mapping[TierName, float] = field(default_factory=dict)
    time_scale: TimeScale = REAL_TIME
    open_most: int = 3

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

    def last_resort_labels(self) -> dict[TierName, str]:
        """By tier that has one beyond its own providers: what people call its last resort."""
        last = {tier: divided(tier, self.chain(tier))[1] for tier in TierName if self.is_made(tier)}
        return {tier: self.offers[provider].label for tier, provider in last.items() if provider is not None}

    def is_made(self, tier: TierName) -> bool:
        """Whether somebody makes this tier."""
        try:
            return bool(self.chain(tier))
        except NoProvider:
            return False

    def patience_s(self, tier: TierName) -> float:
        """How long a generation of this tier waits for a better provider's turn while a later one could take it."""
        return self.time_scale.scaled(self.patience.get(tier, TIERS[tier].patience_s))

    def planned(self, request: VideoRequest, fallback: Fallback) -> tuple[ProviderName, ...]:
        """The chain of one generation. Where nobody may take over, it begins with the first who can make the video.

        Raises:
            NoProvider: none of those that the choice leaves is configured.
        """
        chain = tuple(name for name in self.chain(request.tier) if name not in request.without)
        if not chain:
            raise NoProvider
        own, _ = divided(request.tier, chain)
        if fallback is Fallback.ANY:
            return chain
        if not own:
            raise NoProvider
        if fallback is Fallback.SAME_TIER:
            return chain
        able = (n for n, name in enumerate(own) if not self.offers[name].capabilities.lacks(request))
        return chain[next(able, 0) :]

    def quote(self, request: VideoRequest, *, fallback: Fallback = Fallback.ANY) -> Quote:
        """What is held for this request: the dearest of the providers that the workspace's choice leaves.

        Raises:
            NoProvider: there are none.
            NoProviderForPictures: none of them takes the pictures that were given.
        """
        return self.priced(request, self.able(request, fallback=fallback))

    def able(self, request: VideoRequest, *, fallback: Fallback) -> tuple[ProviderName, ...]:
        """The providers that the workspace's choice leaves and that can make it.

        Raises:
            NoProvider, NoProviderForPictures
        """
        own, last_resort = divided(request.tier, self.planned(request, fallback))
        providers = within(fallback, chain=own, last_resort=last_resort)
        able = tuple(name for name in providers if not self.offers[name].capabilities.lacks(request))
        if not able:
            raise NoProviderForPictures(references=len(request.references), able=self._able_tiers(request))
        return able

    def priced(self, request: VideoRequest, providers: tuple[ProviderName, ...]) -> Quote:
        """What is held for it where these may make it."""
        return quote(request, self.offers, providers=providers, credits_per_usd=self.credits_per_usd)

    def _able_tiers(self, request: VideoRequest) -> tuple[str, ...]:
        """Tiers in which somebody takes so many references."""
        if not request.references:
            return ()
        return tuple(
            tier.value
            for tier in TierName
            if self.is_made(tier)
            and any(not self.offers[name].capabilities.lacks(request) for name in self.chain(tier))
        )

    def elsewhere(
        self, request: VideoRequest, *, refused_by: Iterable[ProviderName], fallback: Fallback
    ) -> "OtherProvider | None":
        """Who may make what these have refused, and what is held for it; None where nobody is left."""
        asked = without(request, refused_by)
        try:
            chain, quoted = self.planned(asked, fallback), self.quote(asked, fallback=fallback)
        except NoProvider:
            return None
        provider = next(name for name in chain if name in quoted.by_provider)
        return OtherProvider(provider=provider, credits=quoted.credits)

    def tier_prices(
        self, *, like: VideoRequest | None = None, fallback: Fallback = Fallback.ANY
    ) -> dict[TierName, int]:
        """By tier that somebody makes, the cheapest first: what a video like this, or a usual one, holds at most."""
        asked = like or VideoRequest(prompt="any")
        prices: dict[TierName, int] = {}
        for tier in TierName:
            try:
                prices[tier] = self.quote(replace(asked, tier=tier), fallback=fallback).credits
            except NoProvider:
                continue
        return dict(sorted(prices.items(), key=lambda row: row[1]))

    def affordable(
        self, balance: int, *, like: VideoRequest, fallback: Fallback = Fallback.ANY
    ) -> tuple[tuple[str, int], ...]:
        """Tiers that a balance would cover, dearest first, each with what it holds."""
        prices = self.tier_prices(like=like, fallback=fallback)
        covered = [(str(tier), price) for tier, price in prices.items() if price <= balance]
        return tuple(sorted(covered, key=lambda row: -row[1]))


def without(request: VideoRequest, providers: Iterable[ProviderName]) -> VideoRequest:
    """The same request, not to be made by these providers."""
    return replace(request, without=tuple(dict.fromkeys((*request.without, *providers))))


def divided(tier: TierName, chain: tuple[ProviderName, ...]) -> tuple[tuple[ProviderName, ...], ProviderName | None]:
    """The providers of a generation's chain that are the tier's own, and the last resort behind them."""
    own = tuple(provider for provider in chain if provider in TIERS[tier].chain)
    return own, next((provider for provider in chain if provider not in own), None)
