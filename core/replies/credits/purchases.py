"""What people read about buying credits in a platform's own shop."""

from core.replies.chat.card import Card, SmallPrint, Text, Tone
from core.replies.chat.words import credit_count


def shop(*, is_alone: bool) -> Card:
    """The shop, above its buttons.

    Args:
        is_alone: what is bought is for the person's own credits, and no community's.
    """
    whose = "your own videos, wherever you make them" if is_alone else "everybody in this server"
    return Card(
        title="Buy credits",
        parts=(
            Text(f"What you buy now is for {whose}."),
            SmallPrint("The credits are there a moment after you have paid, and do not lapse."),
        ),
    )


def bought(*, worth: int, granted: int, is_alone: bool) -> Card:
    """A sale has arrived."""
    where = "with your own credits" if is_alone else "with the server's credits"
    words = f"{credit_count(worth)} are {where} now. Type /credits there to see them."
    if granted < worth:
        kept = credit_count(worth - granted)
        words = f"{credit_count(granted)} of {worth} are {where}: {kept} were spent from a purchase that was paid back."
    return Card(title="Thank you!", tone=Tone.GOOD, parts=(Text(words),))


def closed() -> Card:
    """There is no shop here."""
    return Card(title="Credits cannot be bought here", parts=(Text("Ask whoever runs this bot for more."),))
