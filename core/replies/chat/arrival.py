"""The greeting of a community that has added the bot: what the bot does, which rights it lacks, and how to begin."""

from collections.abc import Iterator, Mapping, Sequence

from core.replies.chat.card import Button, Card, LinkButton, ListLine, Part, SmallPrint, Text, Tone
from core.replies.chat.community_actions import CommunityAction
from core.replies.chat.words import credit_count, cut, listed
from core.replies.languages.say import say

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
    """The only message after the bot was added.

    Args:
        subject: the workspace, for its buttons.
        lacks: by channel, the permissions that the bot lacks there.
        invitation: the address at which an admin grants every permission.
        examples: commands as this platform writes them.
    """
    parts: list[Part] = [
        Text(
            say(
                "Describe a video, and it comes into a thread: I try one video model after the "
                "other until one delivers."
            )
        ),
        Text("\n".join(examples)),
    ]
    if has_first_video:
        parts.append(
            Text(
                say(
                    "You have {credits} for free every month. The first video is one press away.",
                    credits=credit_count(free_credits),
                )
            )
        )
    parts += _missing_permissions(lacks)
    if has_first_video:
        parts.append(Button(CommunityAction.FIRST, say("Make the first video"), subject, primary=True))
    parts.append(Button(CommunityAction.PANEL, say("Settings"), subject))
    if lacks:
        parts.append(LinkButton(say("Give permissions"), invitation))
    title = say("Hello! I make videos here") if not lacks else say("Hello! I make videos here, once I may")
    return Card(title=title, tone=Tone.WARNING if lacks else Tone.GOOD, parts=tuple(parts))


def _missing_permissions(lacks: Mapping[str, Sequence[str]]) -> Iterator[Part]:
    """What the bot may not do, by channel, and who can change that."""
    for channel, missing in list(lacks.items())[:CHANNELS_MAX]:
        yield ListLine(
            say("Missing"),
            (say("{words} in #{channel}", words=listed(list(missing)), channel=cut(channel, NAME_MAX)),),
        )
    if len(lacks) > CHANNELS_MAX:
        yield Text(say("The same in {lacks} more channels.", lacks=len(lacks) - CHANNELS_MAX))
    if lacks:
        yield SmallPrint(say("An admin can give me what is missing with the button, or in the channels' settings."))
    else:
        yield SmallPrint(say("I have every permission that I need, and ask for no privileged ones."))


def first_made() -> Card:
    """The answer to "Make the first video" after that video was made."""
    return Card(
        title=say("The first video was made already"),
        parts=(Text(say("Type /video and describe the next one.")),),
    )
