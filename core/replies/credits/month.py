"""The use of the last 30 days: a card with the figures, and its picture."""

from dataclasses import dataclass

from core.domain.credits.history import UsageByDay
from core.replies.chat.card import Card, Fact, Part, SmallPrint, Text
from core.replies.chat.words import credit_count
from core.replies.credits.balance import spent
from core.replies.credits.chart import chart


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartImage:
    """A picture that goes with a card. `alt` says what it shows to whoever does not see it."""

    png: bytes
    filename: str
    alt: str


def month(use: UsageByDay) -> Card:
    """The figures, which stand on their own where no picture can be shown."""
    parts: list[Part] = [Fact(tier, credit_count(amount)) for tier, amount in _dearest_first(use)]
    if not parts:
        parts.append(Text("Nobody has asked for a video in these days."))
    parts.append(SmallPrint("What is reserved for videos under way counts in full. Days begin at midnight UTC."))
    return Card(title=f"The last {len(use.days)} days: {spent(use.total)}", parts=tuple(parts))


def drawn(use: UsageByDay) -> ChartImage:
    """The picture. It takes a processor a tenth of a second."""
    return ChartImage(png=chart(use), filename="credits-last-30-days.png", alt=alt(use))


def alt(use: UsageByDay) -> str:
    """The picture in words."""
    first, last = use.days[0][0], use.days[-1][0]
    what = f"Bars: credits spent on each day from {first:%d %B} to {last:%d %B %Y} by tier, {spent(use.total)} in all"
    busiest = max(use.days, key=lambda day: sum(day[1].values()))
    if not sum(busiest[1].values()):
        return f"{what}."
    tiers = ", ".join(f"{tier} {amount}" for tier, amount in _dearest_first(use))
    return f"{what}: {tiers}. The most on a day: {sum(busiest[1].values())} on {busiest[0]:%d %B}."


def _dearest_first(use: UsageByDay) -> list[tuple[str, int]]:
    return sorted(use.by_tier.items(), key=lambda item: -item[1])
