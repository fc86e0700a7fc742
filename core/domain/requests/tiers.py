"""What a person can pick: the quality tiers, and for each the chain of providers and the picture it asks for.

A new tier is one row of `TIERS`.
"""

from dataclasses import dataclass
from enum import StrEnum

from core.domain.ids import ProviderName

VEO = ProviderName("veo")
KLING = ProviderName("kling")
SEEDANCE = ProviderName("seedance")
HAILUO = ProviderName("hailuo")
WAN = ProviderName("wan")


class TierName(StrEnum):
    DEFAULT = "default"
    ULTRA = "ultra"
    PRO = "pro"
    STANDARD = "standard"
    DRAFT = "draft"


class ResolutionChoice(StrEnum):
    """Which of a model's resolutions a tier takes when several are within its bounds."""

    BEST = "best"
    LEAST = "least"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One row of the menu.

    Args:
        chain: the providers, in the order in which they are tried.
        lines_min, lines_max: bounds of the short edge in pixels; a model with nothing inside gives what is nearest.
        picture: what to take inside the bounds.
        audio: whether sound is asked for when the person says nothing about it.
        patience_s: how long a generation waits for a better provider's turn while a later one could take it.
        blurb: what a person gets, in a few words.
    """

    name: TierName
    chain: tuple[ProviderName, ...]
    lines_min: int
    lines_max: int
    picture: ResolutionChoice
    audio: bool
    patience_s: float
    blurb: str


TIERS: dict[TierName, Tier] = {
    tier.name: tier
    for tier in (
        Tier(
            name=TierName.DEFAULT,
            chain=(VEO, KLING, SEEDANCE, HAILUO, WAN),
            lines_min=720,
            lines_max=1080,
            picture=ResolutionChoice.BEST,
            audio=True,
            patience_s=60,
            blurb="the best that is up, with sound",
        ),
        Tier(
            name=TierName.ULTRA,
            chain=(VEO, KLING),
            lines_min=1080,
            lines_max=2160,
            picture=ResolutionChoice.BEST,
            audio=True,
            patience_s=240,
            blurb="4K with sound",
        ),
        Tier(
            name=TierName.PRO,
            chain=(KLING, SEEDANCE),
            lines_min=720,
            lines_max=1080,
            picture=ResolutionChoice.BEST,
            audio=False,
            patience_s=120,
            blurb="1080p",
        ),
        Tier(
            name=TierName.STANDARD,
            chain=(SEEDANCE, HAILUO),
            lines_min=720,
            lines_max=1080,
            picture=ResolutionChoice.LEAST,
            audio=False,
            patience_s=60,
            blurb="720p, a good everyday price",
        ),
        Tier(
            name=TierName.DRAFT,
            chain=(WAN,),
            lines_min=480,
            lines_max=720,
            picture=ResolutionChoice.LEAST,
            audio=False,
            patience_s=60,
            blurb="480p, cheap and quick to try an idea",
        ),
    )
}
