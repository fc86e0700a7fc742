"""The use of the last 30 days: a card with the figures, and its picture."""

from dataclasses import dataclass

from core.domain.credits.history import UsageByDay
from core.replies.chat.card import Card, Fact, Part, SmallPrint, Text
from core.replies.chat.tier_names import label
from core.replies.chat.words import credit_count
from core.replies.credits.balance import spent
from core.replies.credits.chart import chart
from core.replies.languages.say import amount, date_in_words, say

TABLE_BAR, TABLE_TIERS_MAX = 10, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartImage:
    """The picture of a chart. `alt` describes it in words."""

    png: bytes
    filename: str
    alt: str


def month(use: UsageByDay) -> Card:
    """The card with the numbers, which is complete without the picture."""
    parts: list[Part] = [Fact(label(tier), credit_count(spent_on)) for tier, spent_on in _dearest_first(use)]
    if not parts:
        parts.append(Text(say("Nobody has asked for a video in these days.")))
    parts.append(SmallPrint(say("What is reserved for videos under way counts in full. Days begin at midnight UTC.")))
    return Card(
        title=say("The last {days} days: {spent}", days=len(use.days), spent=spent(use.total)), parts=tuple(parts)
    )


def drawn(use: UsageByDay) -> ChartImage:
    """The chart as a picture. Drawing it takes 0.1 s of CPU."""
    return ChartImage(png=chart(use), filename="credits-last-30-days.png", alt=alt(use))


def table(use: UsageByDay) -> tuple[tuple[str, ...], ...]:
    """The chart as a table, where one person cannot be shown a picture: a head, then each day with any use."""
    tiers = [tier for tier, _ in _dearest_first(use)][:TABLE_TIERS_MAX]
    busiest = max((sum(spent_on.values()) for _, spent_on in use.days), default=0)
    if not busiest:
        return ()
    head = (say("Day"), *(label(tier) for tier in tiers), say("In all"), "")
    rows = [head]
    for day, spent_on in use.days:
        if total := sum(spent_on.values()):
            figures = (amount(spent_on[tier]) if spent_on.get(tier) else "" for tier in tiers)
            length = max(1, round(total / busiest * TABLE_BAR))
            rows.append((date_in_words(day, skeleton="MMMd"), *figures, amount(total), "▰" * length))
    return tuple(rows)


def alt(use: UsageByDay) -> str:
    """The chart described in words."""
    first, last = use.days[0][0], use.days[-1][0]
    what = say(
        "Bars: credits spent on each day from {first} to {last} by tier, {spent} in all",
        first=date_in_words(first, skeleton="MMMMd"),
        last=date_in_words(last, skeleton="yMMMMd"),
        spent=spent(use.total),
    )
    busiest = max(use.days, key=lambda day: sum(day[1].values()))
    if not sum(busiest[1].values()):
        return f"{what}."
    tiers = ", ".join(f"{label(tier)} {amount(spent_on)}" for tier, spent_on in _dearest_first(use))
    return say(
        "{what}: {tiers}. The most on a day: {credits} on {day}.",
        what=what,
        tiers=tiers,
        credits=amount(sum(busiest[1].values())),
        day=date_in_words(busiest[0], skeleton="MMMMd"),
    )


def _dearest_first(use: UsageByDay) -> list[tuple[str, int]]:
    return sorted(use.by_tier.items(), key=lambda item: -item[1])
