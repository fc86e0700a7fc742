"""Buttons for platforms with open communities; other platforms never get a card that has one."""

from enum import StrEnum


class CommunityAction(StrEnum):
    """What such a button does."""

    FIRST = "first"
    """Make the first video of a workspace, which its free credits pay for."""
    REST = "rest"
    """Send the video as an answer to this press, because the command cannot be answered any longer."""
    BUY = "buy"
    """Show the goods of the platform's own shop."""
    VOTE = "vote"
    """Vote for a video in the gallery, or take the vote back."""
    WITHDRAW = "withdraw"
    """Take one's own video out of the gallery."""
    ENTER = "enter"
    """Enter one's own video into the contest."""
    PANEL = "panel"
    """Show the settings that the workspace's admins can change."""
    CREDITS = "credits"
    """Show or do something about credits. Subject: which view or action."""
