"""Buttons of platforms where an app lives in open communities; the others never get a card that has one."""

from enum import StrEnum


class CommunityAction(StrEnum):
    """What a button does on platforms where an app lives in open communities; the others never get such a card."""

    FIRST = "first"
    """The first video of a workspace, which its free credits pay for."""
    REST = "rest"
    """A video comes as an answer to this press, because the command can be answered no more."""
    BUY = "buy"
    """What the platform's own shop sells."""
    VOTE = "vote"
    """For a video in the gallery, or no more."""
    WITHDRAW = "withdraw"
    """One's own video goes out of the gallery."""
    ENTER = "enter"
    """One's own video goes into the contest."""
    PANEL = "panel"
    """What the workspace's admins decide."""
    CREDITS = "credits"
    """Something to look at or to do about credits; its subject says what."""
