"""The texts of the form for a video; they are the same on every platform."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.domain.requests.request import TAKES_MAX, Aspect, VideoRequest
from core.domain.requests.tiers import TierName
from core.replies.chat.tier_names import blurb, label
from core.replies.chat.words import credit_count
from core.replies.languages.say import later, say, say_count

LEFT = "left"
"""The value of an input that is left to the tier, or to the default."""
AUDIO = {LEFT: later("as the quality has it"), "on": later("on, where the model can"), "off": later("off")}
SWITCH = {LEFT: later("as the model has it"), "on": later("on"), "off": later("off")}
"""The menu of an option that is on or off."""
ASPECTS = {
    Aspect.WIDE.value: later("16:9 wide"),
    Aspect.TALL.value: later("9:16 tall"),
    Aspect.SQUARE.value: later("1:1 square"),
    Aspect.CLASSIC.value: later("4:3 classic"),
    Aspect.PORTRAIT.value: later("3:4 portrait"),
    Aspect.CINEMA.value: later("21:9 cinema"),
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
        yield TierLine(
            tier=tier.value,
            text=say("{tier}: up to {credits}", tier=label(tier), credits=credit_count(price)),
            blurb=blurb(tier),
        )


def price_line(request: VideoRequest, prices: Mapping[TierName, int], *, takes: int = 1) -> str:
    """The line with the credits that the request in the form holds."""
    price = prices.get(request.tier)
    if price is None:
        return say("Nobody makes this quality here: choose another one.")
    several = (say_count("{n} take", "{n} takes", takes),) if takes > 1 else ()
    return say(
        "{what}: up to {credits}. If the provider that makes it costs less, the difference comes back.",
        what=", ".join((label(request.tier), say("{n} s", n=request.seconds), *several)),
        credits=credit_count(takes * price),
    )


def takes_offered() -> dict[str, str]:
    """The menu of takes."""
    several = {str(n): say("{n}, and you pick one", n=n) for n in range(2, TAKES_MAX + 1)}
    return {"1": "1", **several}
