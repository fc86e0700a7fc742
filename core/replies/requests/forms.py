"""The words of the form for a video: the same on every platform."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.domain.requests.request import TAKES_MAX, Aspect, VideoRequest
from core.domain.requests.tiers import TIERS, TierName
from core.replies.chat.tier_names import label
from core.replies.chat.words import credit_count

LEFT = "left"
"""The value of what is left to the tier, or to what is usual."""
AUDIO = {LEFT: "as the quality has it", "on": "on, where the model can", "off": "off"}
TAKES = {"1": "1", **{str(number): f"{number}, and you pick one" for number in range(2, TAKES_MAX + 1)}}
ASPECTS = {
    Aspect.WIDE.value: "16:9 wide",
    Aspect.TALL.value: "9:16 tall",
    Aspect.SQUARE.value: "1:1 square",
    Aspect.CLASSIC.value: "4:3 classic",
    Aspect.PORTRAIT.value: "3:4 portrait",
    Aspect.CINEMA.value: "21:9 cinema",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TierLine:
    """A row of the menu of tiers."""

    tier: str
    text: str
    blurb: str


def tier_lines(prices: Mapping[TierName, int]) -> Iterator[TierLine]:
    """The menu of tiers, the cheapest first, each with its price and what it makes."""
    for tier, price in sorted(prices.items(), key=lambda row: row[1]):
        yield TierLine(tier=tier.value, text=f"{label(tier)}: up to {credit_count(price)}", blurb=TIERS[tier].blurb)


def price_line(request: VideoRequest, prices: Mapping[TierName, int], *, takes: int = 1) -> str:
    """What the request as it stands in the form holds."""
    price = prices.get(request.tier)
    if price is None:
        return "Nobody makes this quality here: choose another one."
    return (
        f"{label(request.tier)}, {request.seconds} s{f', {takes} takes' if takes > 1 else ''}: "
        f"up to {credit_count(takes * price)}. "
        "If the provider that makes it costs less, the difference comes back."
    )
