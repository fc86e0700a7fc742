"""The buttons under a result: a few in sight, the rest behind one more."""

from collections.abc import Iterator

from core.domain.generations.generation import Generation
from core.replies.chat.card import Action, Button, Menu, Part
from core.replies.chat.tier_names import label
from core.replies.chat.words import credit_count
from core.replies.generations.view import View

AGAIN = "Again"
EDIT = "Edit and run"
MORE = "More"


def after_success(view: View) -> Iterator[Part]:
    """What can be done with a video that is there."""
    subject = str(view.generation.id)
    held = view.variations.again
    yield Button(Action.AGAIN, AGAIN if held is None else f"{AGAIN}: up to {credit_count(held)}", subject)
    yield edit(view.generation)
    if (better := view.variations.higher) is not None:
        words = f"up to {better.more:,} more" if better.more > 0 else f"up to {credit_count(better.credits)}"
        yield Button(Action.HIGHER, f"In {label(better.tier)}: {words}", subject)
    yield more(view.generation)


def edit(generation: Generation) -> Button:
    """The form, filled in."""
    return Button(Action.EDIT, EDIT, str(generation.id))


def more(generation: Generation) -> Menu:
    """What is needed less often."""
    subject = str(generation.id)
    return Menu(
        MORE,
        (
            Button(Action.DETAILS, "Details", subject),
            Button(Action.SHARE, "Share a link", subject),
            Button(Action.REPORT, "Report", subject),
            Button(Action.DELETE, "Delete…", subject, danger=True),
        ),
    )
