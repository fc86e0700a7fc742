"""The buttons under a result: a few are visible, the others are in a menu."""

from collections.abc import Iterator

from core.domain.generations.generation import Generation
from core.replies.chat.card import Action, Button, Menu, Part
from core.replies.chat.tier_names import label
from core.replies.chat.words import credit_count
from core.replies.generations.view import View
from core.replies.languages.say import amount, later, say

AGAIN = later("Again")
EDIT = later("Edit and run")
MORE = later("More")


def after_success(view: View) -> Iterator[Part]:
    """The buttons for a video that was made."""
    subject = str(view.generation.id)
    held = view.variations.again
    yield Button(
        Action.AGAIN,
        say(AGAIN) if held is None else say("Again: up to {credits}", credits=credit_count(held)),
        subject,
    )
    yield edit(view.generation)
    if (better := view.variations.higher) is not None:
        words = (
            say("up to {more} more", more=amount(better.more))
            if better.more > 0
            else say("up to {credits}", credits=credit_count(better.credits))
        )
        yield Button(Action.HIGHER, say("In {tier}: {words}", tier=label(better.tier), words=words), subject)
    if (held := view.variations.extend) is not None and view.generation.clip is not None:
        yield Button(Action.EXTEND, say("Extend: up to {credits}", credits=credit_count(held)), subject)
    yield more(view.generation)


def edit(generation: Generation) -> Button:
    """The button that opens the form, filled in."""
    return Button(Action.EDIT, say(EDIT), str(generation.id))


def more(generation: Generation) -> Menu:
    """The menu with the actions that are needed less often."""
    subject = str(generation.id)
    return Menu(
        say(MORE),
        (
            Button(Action.DETAILS, say("Details"), subject),
            Button(Action.SHARE, say("Share a link"), subject),
            Button(Action.REPORT, say("Report"), subject),
            Button(Action.DELETE, say("Delete…"), subject, danger=True),
        ),
    )
