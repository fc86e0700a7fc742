"""The card with a team's balance, which is its first number."""

from collections.abc import Iterator, Mapping, Sequence

from core.domain.chat.principal import Principal
from core.domain.credits.history import Balance, Spent
from core.domain.requests.request import DURATION_DEFAULT_S
from core.domain.requests.tiers import TierName
from core.replies.chat.card import Card, Fact, LinkButton, ListLine, Part, SmallPrint, Text, Tone
from core.replies.chat.people import named
from core.replies.chat.tier_names import label
from core.replies.chat.words import credit_count, video_count
from core.replies.credits.budgets import lines as budget_lines
from core.replies.languages.say import amount, later, say, say_count

MEMBERS_SHOWN = 5
TOPUP = later("Add credits")


def balance(
    found: Balance, *, reader: Principal, prices: Mapping[TierName, int], topup_url: str | None, more: str | None = None
) -> Card:
    """The answer to /credits.

    Args:
        prices: by tier, what a video of the usual length holds at most.
        topup_url: where an admin adds credits, if the operator has named a place.
        more: the other commands about credits, as the platform writes them.
    """
    parts: list[Part] = list(_now(found))
    parts.extend(_month(found, reader=reader))
    parts.extend(budget_lines(found.budgets, people=found.people, reader=reader))
    if prices:
        parts.append(Text(say("A video of {n} seconds takes at most:", n=DURATION_DEFAULT_S)))
        parts.extend(Fact(label(tier), credit_count(price)) for tier, price in prices.items())
    parts.append(
        SmallPrint(say("If the provider that delivers costs less, the difference comes back. No video, no charge."))
    )
    if more is not None:
        parts.append(SmallPrint(more))
    if topup_url is not None and reader.is_admin and (found.is_low or not found.credits_left):
        parts.append(LinkButton(say(TOPUP), topup_url))
    tone = Tone.WARNING if found.is_frozen or found.is_low else Tone.QUIET
    return Card(title=say("{credits} left", credits=credit_count(found.credits_left)), tone=tone, parts=tuple(parts))


def usage(examples: Sequence[str]) -> Card:
    """The help about credits. `examples`: commands as the platform writes them."""
    text = Text("\n".join(examples))
    return Card(
        title=say("All about credits"),
        tone=Tone.QUIET,
        parts=(text, SmallPrint(say("Budgets, limits and links are for admins."))),
    )


def _now(found: Balance) -> Iterator[Part]:
    if found.is_frozen:
        yield Text(say("They are frozen: the people who run this bot have stopped your team's spending."))
    if found.held:
        held = credit_count(found.held)
        yield Text(
            say("Set aside for {videos} under way: {credits}.", videos=video_count(found.running), credits=held)
            if found.running
            else say("Set aside: {credits}.", credits=held)
        )


def _month(found: Balance, *, reader: Principal) -> Iterator[Part]:
    """This month's spending by member and tier. In a team of one, the list of members is left out."""
    if not found.month.videos:
        return
    yield Text(say("This month: {spent}.", spent=spent(found.month)))
    if len(found.by_tier) > 1:
        yield ListLine(
            say("By tier"),
            (", ".join(f"{label(tier)} {amount(cost.credits)}" for tier, cost in found.by_tier),),
        )
    for member, cost in found.by_member[:MEMBERS_SHOWN]:
        yield ListLine("", (named(member, found.people, reader=reader), f" {spent(cost)}"))
    if others := found.by_member[MEMBERS_SHOWN:]:
        rest = Spent(videos=sum(cost.videos for _, cost in others), credits=sum(cost.credits for _, cost in others))
        yield ListLine("", (f"{say_count('{n} other', '{n} others', len(others))} {spent(rest)}",))


def spent(cost: Spent) -> str:
    """960 credits on 3 videos."""
    return say("{credits} on {videos}", credits=credit_count(cost.credits), videos=video_count(cost.videos))
