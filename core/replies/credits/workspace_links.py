"""Cards about linking workspaces: the code, the new link, and its end."""

from core.domain.credits.money import LinkCode
from core.replies.chat.card import Card, Fact, SmallPrint, Text
from core.replies.chat.words import credit_count
from core.replies.languages.say import say
from core.replies.languages.vocabulary import place


def code(made: LinkCode) -> Card:
    """The code, for the admin who asked for it. It explains the command in words, as the other platform may differ."""
    return Card(
        title=say("The code is {code}", code=made.code),
        parts=(
            Text(
                say(
                    "It links another workspace to this team's credits. There, an admin enters this code within "
                    "10 minutes: with /credits link, or in the menu of /credit-settings."
                )
            ),
            Fact(say("Good until"), say("{expires_at} UTC, once", expires_at=f"{made.expires_at:%H:%M}")),
            SmallPrint(
                say(
                    "From then on both spend the same credits, with the same budgets, limits and "
                    "history. What the other one has bought comes along; its free credits stay "
                    "behind. A new code replaces this one."
                )
            ),
        ),
    )


def joined(*, moved: int, unlink: str) -> Card:
    """For the admin who redeemed a code.

    Args:
        moved: the credits that came with the joined workspace.
        unlink: the command that ends the link.
    """
    came = say("{credits} came along.", credits=credit_count(moved)) if moved else say("No credits had to come along.")
    return Card(
        title=say("Linked: this {place} spends the team's credits now", place=place()),
        parts=(
            Text(
                say(
                    "{came} Budgets, limits and history are the team's from now on; what was here before is kept.",
                    came=came,
                )
            ),
            SmallPrint(say("To take it back: {unlink}. What came along stays with the team then.", unlink=unlink)),
        ),
    )


def parted() -> Card:
    return Card(
        title=say("Unlinked: this {place} has its own credits again", place=place()),
        parts=(Text(say("It has what it had left behind. What it had brought along stays with the team.")),),
    )
