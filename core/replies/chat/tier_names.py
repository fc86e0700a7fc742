"""What people call the tiers."""

from core.domain.requests.tiers import TIERS, TierName
from core.replies.languages.say import say


def best() -> str:
    """The tier that nobody has chosen is the best that is up, and is called so."""
    return say("best available")


def label(tier: TierName | str) -> str:
    """A tier's name in a sentence."""
    return best() if tier == TierName.DEFAULT else str(tier)


def blurb(tier: TierName) -> str:
    """What a tier makes, in a few words."""
    return say(TIERS[tier].blurb)
