"""What a team reads about its credits. The first number is the balance."""

from collections.abc import Iterator, Mapping, Sequence

from core.domain.chat.principal import Principal
from core.domain.credits.history import Balance, Spent
from core.domain.requests.request import DURATION_DEFAULT_S
from core.domain.requests.tiers import TierName
from core.replies.chat.card import Card, Fact, LinkButton, ListLine, Part, SmallPrint, Text, Tone
from core.replies.chat.people import named
from core.replies.chat.tier_names import label
from core.replies.chat.words import count, credit_count
from core.replies.credits.budgets import lines as budget_lines

MEMBERS_SHOWN = 5
TOPUP = "Add credits"


def balance(
    found: Balance, *, reader: Principal, prices: Mapping[TierName, int], topup_url: str | None, more: str | None = None
) -> Card:
    """The answer to /credits.

    Args:
        prices: by tier, what a video of the usual length holds at most.
        topup_url: where an admin adds credits, if the operator has named a place.
        more: what else can be asked for, as the platform writes it.
    """
    parts: list[Part] = list(_now(found))
    parts.extend(_month(found, reader=reader))
    parts.extend(budget_lines(found.budgets, people=found.people, reader=reader))
    if prices:
        parts.append(Text(f"A video of {DURATION_DEFAULT_S} seconds takes at most:"))
        parts.extend(Fact(label(tier), credit_count(price)) for tier, price in prices.items())
    parts.append(
        SmallPrint("If the provider that delivers costs less, the difference comes back. No video, no charge.")
    )
    if more is not None:
        parts.append(SmallPrint(more))
    if topup_url is not None and reader.is_admin and (found.is_low or not found.credits_left):
        parts.append(LinkButton(TOPUP, topup_url))
    tone = Tone.WARNING if found.is_frozen or found.is_low else Tone.QUIET
    return Card(title=f"{credit_count(found.credits_left)} left", tone=tone, parts=tuple(parts))


def usage(examples: Sequence[str]) -> Card:
    """What can be asked about credits; the examples are commands as the platform writes them."""
    text = Text("\n".join(examples))
    return Card(
        title="All about credits",
        tone=Tone.QUIET,
        parts=(text, SmallPrint("Budgets, limits and links are for admins.")),
    )


def _now(found: Balance) -> Iterator[Part]:
    if found.is_frozen:
        yield Text("They are frozen: whoever runs Neverdark has stopped your team's spending.")
    if found.held:
        for_whom = f" for {count(found.running, 'video')} under way" if found.running else ""
        is_are = "is" if found.held == 1 else "are"
        yield Text(f"Another {credit_count(found.held)} {is_are} reserved{for_whom}.")


def _month(found: Balance, *, reader: Principal) -> Iterator[Part]:
    """Who spent, and on what. Alone in a team of one, a list of one says nothing new."""
    if not found.month.videos:
        return
    yield Text(f"This month: {spent(found.month)}.")
    if len(found.by_tier) > 1:
        yield ListLine("By tier", (", ".join(f"{tier} {cost.credits}" for tier, cost in found.by_tier),))
    for member, cost in found.by_member[:MEMBERS_SHOWN]:
        yield ListLine("", (named(member, found.people, reader=reader), f" {spent(cost)}"))
    if others := found.by_member[MEMBERS_SHOWN:]:
        rest = Spent(videos=sum(cost.videos for _, cost in others), credits=sum(cost.credits for _, cost in others))
        yield ListLine("", (f"{count(len(others), 'other')} {spent(rest)}",))


def spent(cost: Spent) -> str:
    """960 credits on 3 videos."""
    return f"{credit_count(cost.credits)} on {count(cost.videos, 'video')}"
