"""What people call the tiers."""

from core.domain.requests.tiers import TierName

BEST = "best available"


def label(tier: TierName | str) -> str:
    """A tier's name in a sentence. The one that nobody has chosen is the best that is up, and is called so."""
    return BEST if tier == TierName.DEFAULT else str(tier)
