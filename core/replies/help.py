"""What /video says when it is asked nothing, or for help."""

from collections.abc import Mapping

from core.domain.request import DURATION_DEFAULT_S, DURATION_MAX_S, DURATION_MIN_S, Aspect
from core.domain.tiers import TIERS, TierName
from core.replies.card import Card, Fact, Note, Text, Tone
from core.replies.refusals import EXAMPLE
from core.replies.words import credit_count, listed


def video(prices: Mapping[TierName, int], *, example: str) -> Card:
    """How to ask for a video.

    Args:
        prices: by tier, what a video of the usual length holds at most.
        example: a command with options, as this platform writes them.
    """
    tiers = [Fact(name, f"{TIERS[name].blurb}, up to {credit_count(prices[name])}") for name in TIERS if name in prices]
    return Card(
        title="Describe a video, and it comes into a thread here",
        tone=Tone.QUIET,
        parts=(
            Text(f"{EXAMPLE}\n{example}"),
            *tiers,
            Fact("aspect", listed([aspect.value for aspect in Aspect], last="or")),
            Fact("seconds", f"{DURATION_MIN_S} to {DURATION_MAX_S}, or leave it out for {DURATION_DEFAULT_S}"),
            Note("If a provider fails, the next one takes over. What is not delivered is not paid."),
        ),
    )
