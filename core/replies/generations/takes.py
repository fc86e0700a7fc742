"""Messages about several takes of one request: the number of each, and which one was chosen."""

from collections.abc import Sequence
from dataclasses import replace

from core.domain.generations.generation import Generation
from core.replies.chat.card import Action, Button, Card, LinkButton, ListLine, Picture, SmallPrint, Text, Tone
from core.replies.languages.say import say


def numbered(card: Card, generation: Generation) -> Card:
    """The card of one take, with its number."""
    if generation.takes < 2:
        return card
    return replace(
        card, title=say("Take {n} of {all}: {title}", n=generation.take + 1, all=generation.takes, title=card.title)
    )


def pickable(card: Card, generation: Generation) -> Card:
    """The result of one take, with the button that chooses it."""
    if generation.takes < 2:
        return card
    at = next((n for n, part in enumerate(card.parts) if isinstance(part, Button)), len(card.parts))
    button = Button(Action.PICK, say("Pick this one"), str(generation.id), primary=True)
    return replace(numbered(card, generation), parts=(*card.parts[:at], button, *card.parts[at:]))


def picked(generation: Generation, links: Sequence[tuple[int, str]]) -> Card:
    """A take was chosen. `links`: by number, the addresses at which the others can be watched."""
    title = say("Take {n} was picked", n=generation.take + 1)
    if not links:
        return Card(title=title, tone=Tone.GOOD)
    return Card(
        title=title,
        tone=Tone.GOOD,
        parts=(
            Text(say("The others are kept behind these links.")),
            *(() if generation.request.is_veiled else map(_pictured, links)),
            *(LinkButton(say("Watch take {n}", n=number), url) for number, url in links),
            SmallPrint(say("/video show brings each of them back, too.")),
        ),
    )


def _pictured(other: tuple[int, str]) -> ListLine:
    number, url = other
    words = say("Take {n}", n=number)
    return ListLine(words, picture=Picture(f"{url}.jpg", alt=words))


def pick_noted(take: int) -> Card:
    """The answer to the person who has chosen."""
    return Card(title=say("Take {n} it is", n=take), parts=(Text(say("The thread says so in a moment.")),))
