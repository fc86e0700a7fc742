"""What a team reads about its credits. The first number is the balance."""

from collections.abc import Mapping

from core.domain.request import DURATION_DEFAULT_S
from core.domain.tiers import TierName
from core.replies.card import Card, Fact, Note, Part, Text, Tone
from core.replies.words import count, credit_count


def balance(*, credits_left: int, held: int, running: int, prices: Mapping[TierName, int]) -> Card:
    """The answer to /credits.

    Args:
        held: reserved by generations that are under way.
        running: how many those are.
        prices: by tier, what a video of the usual length holds at most.
    """
    parts: list[Part] = []
    if held:
        for_whom = f" for {count(running, 'video')} under way" if running else ""
        parts.append(Text(f"Another {credit_count(held)} {'is' if held == 1 else 'are'} reserved{for_whom}."))
    if prices:
        parts.append(Text(f"A video of {DURATION_DEFAULT_S} seconds takes at most:"))
        parts.extend(Fact(tier.value, credit_count(price)) for tier, price in prices.items())
    parts.append(Note("If the provider that delivers costs less, the difference comes back. No video, no charge."))
    return Card(title=f"{credit_count(credits_left)} left", tone=Tone.QUIET, parts=tuple(parts))
