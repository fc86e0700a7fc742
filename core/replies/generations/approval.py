"""Messages about a video that needs an admin's approval: the question, and a refusal."""

from core.domain.generations.generation import Generation
from core.domain.generations.state_reason import Approval
from core.replies.chat.card import Action, Button, Card, SmallPrint, Text, Tone
from core.replies.chat.words import credit_count, span
from core.replies.languages.say import say


def asking(generation: Generation) -> Card:
    """The question with its buttons; a press is checked for the right to decide."""
    subject = str(generation.id)
    wait = span((generation.start_by - generation.created_at).total_seconds())
    return Card(
        title=say("An admin has to approve this: it takes up to {credits}", credits=credit_count(generation.quoted)),
        tone=Tone.WARNING,
        parts=(
            Text(say("Your team asks first before it spends this much on one video. Nothing is taken until then.")),
            SmallPrint(say("Without an answer within {wait} it ends, and costs nothing.", wait=wait)),
            *buttons(subject),
            Button(Action.CANCEL, say("Cancel"), subject),
        ),
    )


def buttons(generation_id: str) -> tuple[Button, Button]:
    """The buttons to approve and to decline."""
    return (
        Button(Action.APPROVE, say("Approve"), generation_id, primary=True),
        Button(Action.DECLINE, say("Decline"), generation_id, danger=True),
    )


def verdict(generation: Generation) -> str | None:
    """The end of the approval in one line; None for a generation that needed none, or was approved."""
    match generation.reason.approval:
        case Approval.DECLINED:
            return say("An admin declined this video")
        case Approval.LAPSED:
            return say("No admin decided in time")
        case _:
            return None


def not_let_go(generation: Generation) -> Card | None:
    """The last message about a generation that was not approved; None for any other."""
    title = verdict(generation)
    if title is None:
        return None
    nothing = Text(say("Nothing was taken."))
    if generation.reason.approval is Approval.DECLINED:
        advice = Text(say("A shorter video or another tier may cost less than your team asks about."))
        return Card(title=title, parts=(nothing, advice), ping=generation.user_id)
    again = Button(Action.AGAIN, say("Ask again"), str(generation.id))
    return Card(title=title, parts=(nothing, again), ping=generation.user_id)


def approved(*, credits_held: int, credits_left: int) -> Card:
    """For the admin who approved."""
    return Card(
        title=say("Approved: the video is on its way"),
        tone=Tone.GOOD,
        parts=(
            Text(
                say(
                    "{held} are set aside for it; {left} left.",
                    held=credit_count(credits_held),
                    left=credit_count(credits_left),
                )
            ),
        ),
    )


def declined() -> Card:
    """For the admin who declined."""
    return Card(title=say("Declined: nothing was taken"), parts=(Text(say("The thread says so in a moment.")),))
