"""What comes beside the result: a take that came too late and costs nothing, a video made smaller, and company."""

from core.domain.generations.generation import Attempt, AttemptState, Clip, Outcome
from core.replies.chat.card import Action, Button, Card, LinkButton, Part, QuotedText, SmallPrint, Text, Tone
from core.replies.generations.choices import AGAIN
from core.replies.generations.made import facts
from core.replies.generations.results import result, title
from core.replies.generations.view import View

NO_FILE = "Ask whoever runs Neverdark for the file: it is too large to be posted here."


def extra(
    view: View, attempt: Attempt, *, clip: Clip | None = None, link: str | None = None, is_attached: bool = True
) -> Card:
    """A video that came after its generation was over, or that was not what was ordered.

    Args:
        clip: its file.
        link: where it can be watched, if there is such a place.
        is_attached: the video comes with the message.
    """
    generation, maker = view.generation, view.label(attempt.provider)
    failed = generation.outcome is not Outcome.SUCCEEDED
    is_odd = attempt.state is AttemptState.FAILED
    if is_odd:
        heading = "An odd take, free of charge"
        told = f"{maker} made something else than was asked for, so it was not used. It costs you nothing."
    elif failed:
        heading = "Your video came after all"
        told = f"{maker} finished it when we had given up. Your credits are back, and stay with you: this one is free."
    else:
        heading = "An extra take, free of charge"
        told = f"{maker} finished its take as well, later than yours was ready. It costs you nothing."
    parts: list[Part] = [QuotedText(title(generation.request, length=300)), Text(told)]
    parts.append(SmallPrint(f"{facts(clip, attempt.fitted)} · no charge"))
    if link is not None:
        parts.append(LinkButton("Watch", link))
    elif not is_attached:
        parts.append(Text(NO_FILE))
    parts.append(Button(Action.AGAIN, AGAIN, str(generation.id)))
    return Card(
        title=heading, tone=Tone.GOOD, parts=tuple(parts), ping=generation.user_id if failed and not is_odd else None
    )


def smaller(card: Card, *, has_link: bool) -> Card:
    """The same words about a video that was made smaller to be posted as a file."""
    where = "The original is behind the button." if has_link else "Ask whoever runs Neverdark for the original."
    note = SmallPrint(f"Made smaller, because files of its size cannot be posted here. {where}")
    return Card(title=card.title, tone=card.tone, parts=(*card.parts, note), ping=card.ping)


def shrunk_result(view: View) -> Card:
    """The last word, with a video that was made smaller."""
    return smaller(result(view), has_link=view.link is not None)


def hedge_note(view: View) -> str | None:
    """That a second provider works beside the first, where one does."""
    running = [a for a in view.attempts if a.state is AttemptState.ACCEPTED]
    hedge = next((a for a in running if a.is_hedge), None)
    first = next((a for a in running if not a.is_hedge), None)
    if hedge is None or first is None:
        return None
    return (
        f"{view.label(first.provider)} takes longer than usual, so {view.label(hedge.provider)} makes it as well. "
        "The first video is yours, and you pay for one."
    )
