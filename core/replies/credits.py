"""What a team reads about its credits. The first number is the balance."""

from collections.abc import Mapping, Sequence

from core.replies.card import Card, Fact, Note, Part, Tone
from core.replies.words import credit_count


def balance(*, credits_left: int, held: int, running: int, prices: Mapping[str, int]) -> Card:
    """The answer to /credits.

    Args:
        held: reserved by generations that are under way.
        running: how many those are.
        prices: by tier, what a video of the usual length holds at most.
    """
    reserved = f"{credit_count(held)} for {running} under way" if held else "nothing"
    parts: tuple[Part, ...] = (
        Fact("Reserved", reserved),
        *(Fact(tier.capitalize(), f"up to {price}") for tier, price in prices.items()),
        Note("A price is taken up front and settled at what the provider that delivers costs. No video, no charge."),
    )
    return Card(title=f"{credits_left} credits left", tone=Tone.QUIET, parts=parts)


def tiers_in_words(prices: Mapping[str, int], blurbs: Mapping[str, str]) -> Sequence[str]:
    """One line a tier, for help texts."""
    return [f"tier:{tier}: {blurbs[tier]}, up to {credit_count(price)}" for tier, price in prices.items()]
