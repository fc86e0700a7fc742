"""Cards for a person who deletes, reports, hides or shares a result."""

from datetime import datetime

from core.replies.chat.card import Action, Button, Card, LinkButton, ListLine, Moment, Text, Tone
from core.replies.chat.words import cut
from core.replies.languages.say import say

PROMPT_MAX = 80


def really(generation_id: str, prompt: str) -> Card:
    """The question before a result is deleted."""
    name = f"“{cut(prompt, PROMPT_MAX)}”" if prompt else say("this video")
    return Card(
        title=say("Delete {name} for everybody?", name=name),
        tone=Tone.WARNING,
        parts=(
            Text(
                say(
                    "Its messages here, the video, its pictures, its description and its link go "
                    "for good. What it cost stays paid."
                )
            ),
            Button(Action.ERASE, say("Delete it"), generation_id, danger=True),
        ),
    )


def deleted() -> Card:
    """The answer to a confirmed deletion; a worker carries it out."""
    return Card(
        title=say("Deleted"), parts=(Text(say("The messages go in a moment. Copies that people saved stay theirs.")),)
    )


def reported(generation_id: str, *, told: bool, may_hide: bool) -> Card:
    """The answer to a report.

    Args:
        told: whether the admins were told.
        may_hide: whether the person is an admin, who may hide it.
    """
    if may_hide:
        return Card(
            title=say("You can take it away yourself"),
            parts=(
                Text(
                    say(
                        "Hide it: its messages and its link go, and nobody can bring it back. The "
                        "report is written down."
                    )
                ),
                Button(Action.HIDE, say("Hide it"), generation_id, danger=True),
                Button(Action.DELETE, say("Delete…"), generation_id),
            ),
        )
    if told:
        return Card(
            title=say("Reported"), parts=(Text(say("The admins have been told, and can hide it. You stay unnamed.")),)
        )
    return Card(
        title=say("Your report is written down"),
        parts=(
            Text(say("Nobody has chosen a channel where I tell the admins. Ask one to look: they can hide the video.")),
        ),
    )


def hidden() -> Card:
    """The answer to hiding; a worker carries it out."""
    return Card(title=say("Hidden"), parts=(Text(say("Its messages go in a moment, and its link leads nowhere now.")),))


def alert(generation_id: str) -> Card:
    """A report, for the team's alert channel. Everybody in it reads this, so no person and no prompt is in it."""
    return Card(
        title=say("Somebody reported a video"),
        tone=Tone.WARNING,
        parts=(
            Text(say("An admin can see what it is with Details, and hide it.")),
            Button(Action.DETAILS, say("Details"), generation_id),
            Button(Action.HIDE, say("Hide it"), generation_id, danger=True),
        ),
    )


def shared(url: str, *, until: datetime) -> Card:
    """A link that can be shared."""
    return Card(
        title=say("Anybody with this link can watch the video"),
        parts=(
            Text(url),
            ListLine(say("Until"), (Moment(until, with_day=True),)),
            LinkButton(say("Open"), url),
        ),
    )
