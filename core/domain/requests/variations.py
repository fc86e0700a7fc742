"""What can be asked for with a video that there is: another one, a better one, and what each would hold. Pure."""

from dataclasses import dataclass, replace

from core.domain.requests.fallback import Fallback
from core.domain.requests.refusals import NoProvider
from core.domain.requests.request import VideoRequest
from core.domain.requests.terms import Terms
from core.domain.requests.tiers import TIERS, TierName

LADDER = tuple(name for name in reversed(TIERS) if name is not TierName.DEFAULT)
"""The tiers by quality. The best available stands below the last one, whoever makes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HigherTier:
    """The next better tier of a request.

    Args:
        credits: what is held for it at most.
        more: by how much that is more than for the request as it was.
    """

    tier: TierName
    credits: int
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Variations:
    """What a result offers. Each holds so many credits at most; None where nobody makes it.

    Args:
        again: another one.
        extend: a second part that begins with the last picture of the first.
        higher: a better one.
    """

    again: int | None = None
    extend: int | None = None
    higher: HigherTier | None = None


def another(request: VideoRequest) -> VideoRequest:
    """The same without its seed: another video is wanted."""
    return replace(request, seed=None)


def variations(request: VideoRequest, *, terms: Terms, fallback: Fallback) -> Variations:
    """What can be asked for with a video of this request, and what each holds."""
    again = _credits(another(request), terms=terms, fallback=fallback)
    goes_on = replace(another(request), first_frame="any", last_frame=None, references=())
    extended = _credits(goes_on, terms=terms, fallback=fallback)
    return Variations(again=again, extend=extended, higher=higher(request, terms=terms, fallback=fallback))


def higher(request: VideoRequest, *, terms: Terms, fallback: Fallback) -> HigherTier | None:
    """The next better tier that somebody can make this in; None where there is none."""
    now = _credits(request, terms=terms, fallback=fallback) or 0
    at = LADDER.index(request.tier) if request.tier in LADDER else LADDER.index(TierName.PRO)
    for tier in LADDER[at + 1 :]:
        held = _credits(replace(request, tier=tier), terms=terms, fallback=fallback)
        if held is not None:
            return HigherTier(tier=tier, credits=held, more=held - now)
    return None


def _credits(request: VideoRequest, *, terms: Terms, fallback: Fallback) -> int | None:
    try:
        return terms.quote(request, fallback=fallback).credits
    except NoProvider:
        return None
