"""Cards about buying credits in a platform's own shop."""

from core.replies.chat.card import Card, SmallPrint, Text, Tone
from core.replies.chat.words import credit_count
from core.replies.languages.say import say


def shop(*, is_alone: bool) -> Card:
    """The card of the shop; the platform adds the buttons.

    Args:
        is_alone: the credits are for the person alone, not for a community.
    """
    whose = (
        say("What you buy now is for your own videos, wherever you make them.")
        if is_alone
        else say("What you buy now is for everybody in this server.")
    )
    return Card(
        title=say("Buy credits"),
        parts=(
            Text(whose),
            SmallPrint(say("The credits are there a moment after you have paid, and do not lapse.")),
        ),
    )


def bought(*, worth: int, granted: int, is_alone: bool) -> Card:
    """A sale was credited."""
    words = (
        say("{credits} are with your own credits now. Type /credits there to see them.", credits=credit_count(granted))
        if is_alone
        else say(
            "{credits} are with the server's credits now. Type /credits there to see them.",
            credits=credit_count(granted),
        )
    )
    if granted < worth:
        kept = credit_count(worth - granted)
        words += " " + say(
            "{credits} of the purchase had been spent already, from one that was paid back.", credits=kept
        )
    return Card(title=say("Thank you!"), tone=Tone.GOOD, parts=(Text(words),))


def closed() -> Card:
    """There is no shop here."""
    return Card(
        title=say("Credits cannot be bought here"), parts=(Text(say("The people who run this bot can give you more.")),)
    )
