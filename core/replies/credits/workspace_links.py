"""Linking workspaces: the code, the welcome and the parting."""

from core.domain.credits.money import LinkCode
from core.replies.chat.card import Card, Fact, SmallPrint, Text
from core.replies.chat.words import credit_count


def code(made: LinkCode) -> Card:
    """For the admin who asked for it, alone. The other workspace may be on any platform, so it is told how in words."""
    return Card(
        title=f"The code is {made.code}",
        parts=(
            Text(
                "It links another workspace to this team's credits. There, an admin uses /credits with the word link "
                "and this code within 10 minutes."
            ),
            Fact("Good until", f"{made.expires_at:%H:%M} UTC, once"),
            SmallPrint(
                "From then on both spend the same credits, with the same budgets, limits and history. "
                "What the other one has bought comes along; its free credits stay behind. A new code replaces this one."
            ),
        ),
    )


def joined(*, moved: int, unlink: str) -> Card:
    """For the admin who redeemed a code.

    Args:
        moved: the credits that came along.
        unlink: the command that takes it back.
    """
    came = f"{credit_count(moved)} came along." if moved else "No credits had to come along."
    return Card(
        title="Linked: this workspace spends the team's credits now",
        parts=(
            Text(f"{came} Budgets, limits and history are the team's from now on; what was here before is kept."),
            SmallPrint(f"To take it back: {unlink}. What came along stays with the team then."),
        ),
    )


def parted() -> Card:
    return Card(
        title="Unlinked: this workspace has its own credits again",
        parts=(Text("It has what it had left behind. What it had brought along stays with the team."),),
    )
