"""What a bot says when a community has just invited it: what it does, what it still lacks, and where to begin."""

from collections.abc import Mapping, Sequence

from core.replies.chat.card import Button, Card, CommunityAction, LinkButton, ListLine, Part, SmallPrint, Text, Tone
from core.replies.chat.words import credit_count, cut, listed

CHANNELS_MAX = 8
NAME_MAX = 80


def arrived(
    *,
    subject: str,
    free_credits: int,
    has_first_video: bool,
    lacks: Mapping[str, Sequence[str]],
    invitation: str,
    examples: Sequence[str],
) -> Card:
    """The one message after an invitation.

    Args:
        subject: the workspace, for its buttons.
        lacks: by channel, what the bot may not do there.
        invitation: the address that asks for every permission.
        examples: commands as this platform writes them.
    """
    parts: list[Part] = [
        Text("Describe a video, and it comes into a thread: I try one video model after the other until one delivers."),
        Text("\n".join(examples)),
    ]
    if has_first_video:
        parts.append(
            Text(f"You have {credit_count(free_credits)} for free every month. The first video is one press away.")
        )
    for channel, missing in list(lacks.items())[:CHANNELS_MAX]:
        parts.append(ListLine("Missing", (f"{listed(list(missing))} in #{cut(channel, NAME_MAX)}",)))
    if len(lacks) > CHANNELS_MAX:
        parts.append(Text(f"The same in {len(lacks) - CHANNELS_MAX} more channels."))
    parts.append(
        SmallPrint("An admin can give me what is missing with the button, or in the channels' settings.")
        if lacks
        else SmallPrint("I have every permission that I need. Privileged rights I ask for none.")
    )
    if has_first_video:
        parts.append(Button(CommunityAction.FIRST, "Make the first video", subject, primary=True))
    parts.append(Button(CommunityAction.PANEL, "Settings", subject))
    if lacks:
        parts.append(LinkButton("Give permissions", invitation))
    title = "Hello! I make videos here" if not lacks else "Hello! I make videos here, once I may"
    return Card(title=title, tone=Tone.WARNING if lacks else Tone.GOOD, parts=tuple(parts))


def first_made() -> Card:
    """Somebody presses "Make the first video" when it was made."""
    return Card(
        title="The first video was made already",
        parts=(Text("Type /video and describe the next one."),),
    )
