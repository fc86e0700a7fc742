"""Messages beside the result: a late video that costs nothing, a smaller file, and the note about a hedged request."""

from dataclasses import replace

from core.domain.generations.generation import Attempt, AttemptState, Clip, Outcome
from core.replies.chat.card import Action, Button, Card, LinkButton, Part, SmallPrint, Text, Tone
from core.replies.generations.choices import AGAIN
from core.replies.generations.made import what_came
from core.replies.generations.results import NO_FILE, result
from core.replies.generations.view import View
from core.replies.languages.say import say


def extra(
    view: View, attempt: Attempt, *, clip: Clip | None = None, link: str | None = None, is_attached: bool = True
) -> Card:
    """A video that came after its generation had ended, or that was not what was ordered. It notifies nobody.

    Args:
        clip: the video's file.
        link: the address at which it can be watched, if there is one.
        is_attached: whether the message has the video.
    """
    generation, maker = view.generation, view.label(attempt.provider)
    if attempt.state is AttemptState.FAILED:
        heading = say("An odd take, on the house")
        told = say("{maker} made something other than you asked for, so it was not used.", maker=maker)
    elif generation.outcome is not Outcome.SUCCEEDED:
        heading = say("Your video came after all, on the house")
        told = say("{maker} finished it after we had given up. You keep your credits, too.", maker=maker)
    else:
        heading = say("An extra take, on the house")
        told = say("{maker} finished its take as well, after yours was ready.", maker=maker)
    parts: list[Part] = [Text(told)]
    if link is None and not is_attached:
        parts.append(Text(say(NO_FILE)))
    parts.append(SmallPrint(" · ".join((say("free"), *what_came(clip, attempt.fitted), say("AI-generated")))))
    if link is not None:
        parts.append(LinkButton(say("Watch"), link))
    parts.append(Button(Action.AGAIN, say(AGAIN), str(generation.id)))
    return Card(title=heading, tone=Tone.GOOD, parts=tuple(parts))


def smaller(card: Card, *, has_link: bool) -> Card:
    """The card of a video that was re-encoded to be small enough for a file."""
    note = (
        say("Made smaller to fit here; the button has the original.")
        if has_link
        else say("Made smaller to fit here; the people who run this bot have the original.")
    )
    return replace(card, parts=(*card.parts, SmallPrint(note)))


def shrunk_result(view: View) -> Card:
    """The result, with a video that was re-encoded to be small enough for a file."""
    return smaller(result(view), has_link=view.link is not None)


def hedge_note(view: View) -> str | None:
    """The note that a second provider works beside the first one; None where none does."""
    running = [a for a in view.attempts if a.state is AttemptState.ACCEPTED]
    hedge = next((a for a in running if a.is_hedge), None)
    first = next((a for a in running if not a.is_hedge), None)
    if hedge is None or first is None:
        return None
    return say(
        "{first} is taking longer than usual, so {second} is making it too. You get whichever is ready first, "
        "and pay once.",
        first=view.label(first.provider),
        second=view.label(hedge.provider),
    )
