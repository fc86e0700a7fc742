"""What a thread reads about a video that an admin has to let go: the question, and the word that it was not."""

from core.domain.generations.generation import Generation
from core.domain.generations.state_reason import Approval
from core.replies.chat.card import Action, Button, Card, SmallPrint, Text, Tone
from core.replies.chat.words import credit_count, span


def asking(generation: Generation) -> Card:
    """The question, with its buttons; who may press which is found out when they do."""
    subject = str(generation.id)
    wait = span((generation.start_by - generation.created_at).total_seconds())
    return Card(
        title=f"An admin has to approve this: it takes up to {credit_count(generation.quoted)}",
        tone=Tone.WARNING,
        parts=(
            Text("Your team asks before it spends so much on one video. Nothing is taken until an admin approves."),
            SmallPrint(f"If no admin decides within {wait}, it ends and costs nothing."),
            *buttons(subject),
            Button(Action.CANCEL, "Cancel", subject),
        ),
    )


def buttons(generation_id: str) -> tuple[Button, Button]:
    """The decision."""
    return (
        Button(Action.APPROVE, "Approve", generation_id, primary=True),
        Button(Action.DECLINE, "Decline", generation_id, danger=True),
    )


def verdict(generation: Generation) -> str | None:
    """How the asking ended, in a line; None for a generation that did not ask, or was let go."""
    match generation.reason.approval:
        case Approval.DECLINED:
            return "An admin declined this video"
        case Approval.LAPSED:
            return "No admin decided in time"
        case _:
            return None


def not_let_go(generation: Generation) -> Card | None:
    """The last word about a generation that no admin let go; None for any other."""
    title = verdict(generation)
    if title is None:
        return None
    nothing = f"Nothing was taken of the {credit_count(generation.quoted)} that it would have held."
    if generation.reason.approval is Approval.DECLINED:
        advice = "A shorter video or another tier may take less than your team asks about."
        return Card(title=title, parts=(Text(f"{nothing} {advice}"),), ping=generation.user_id)
    again = Button(Action.AGAIN, "Ask again", str(generation.id))
    return Card(title=title, parts=(Text(nothing), again), ping=generation.user_id)


def approved(*, credits_held: int, credits_left: int) -> Card:
    """For the admin who approved."""
    return Card(
        title="Approved: the video is on its way",
        tone=Tone.GOOD,
        parts=(Text(f"{credit_count(credits_held)} are held for it; {credit_count(credits_left)} left."),),
    )


def declined() -> Card:
    """For the admin who declined."""
    return Card(title="Declined: nothing was taken", parts=(Text("The thread says so in a moment."),))
