"""The names of tiers for people."""

from core.domain.requests.tiers import TIERS, TierName
from core.replies.languages.say import say


def best() -> str:
    """The name of the default tier, which uses the best provider that is up."""
    return say("best available")


def label(tier: TierName | str) -> str:
    """A tier's name in a sentence."""
    return best() if tier == TierName.DEFAULT else str(tier)


def blurb(tier: TierName) -> str:
    """What a tier makes, in a few words."""
    return say(TIERS[tier].blurb)
