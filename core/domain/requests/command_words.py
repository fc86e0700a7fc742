"""Words that /video knows by themselves: help, credits, cancel. With others behind, it may be a description."""

from dataclasses import dataclass
from enum import StrEnum

from core.domain.requests.glyphs import plain, seen


class CommandWord(StrEnum):
    """What is wanted instead of a video."""

    FORM = "form"
    HELP = "help"
    CREDITS = "credits"
    SETTINGS = "settings"
    PROVIDERS = "providers"
    CANCEL = "cancel"
    MINE = "mine"
    SHOW = "show"
    IMPROVE = "improve"
    """Write the description behind it better."""
    LATER = "later"


_WORDS = {
    "": CommandWord.FORM,
    "help": CommandWord.HELP,
    "?": CommandWord.HELP,
    "credits": CommandWord.CREDITS,
    "credit": CommandWord.CREDITS,
    "balance": CommandWord.CREDITS,
    "settings": CommandWord.SETTINGS,
    "providers": CommandWord.PROVIDERS,
    "cancel": CommandWord.CANCEL,
    "stop": CommandWord.CANCEL,
    "mine": CommandWord.MINE,
    "show": CommandWord.SHOW,
    "improve": CommandWord.IMPROVE,
    "later": CommandWord.LATER,
    "planned": CommandWord.LATER,
    "list": CommandWord.MINE,
}
_ONLY_ALONE = frozenset({"?", "help", "balance", "credit", "stop", "list", "providers", "later", "planned"})
_MARKS = "\"'`.,!/-:*_() "


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A word that stands first. `rest`: what stands behind it, as typed."""

    word: CommandWord
    typed: str
    rest: str


def command_in(text: str) -> Command | None:
    """The word that a text begins with; None for a description.

    Descriptions begin with some of them, too: then what stands behind decides, and whoever knows the word's arguments.
    """
    first, _, rest = seen(text).strip().partition(" ")
    name = plain(first).strip(_MARKS)
    word = _WORDS.get(name)
    if word is None or (first and not name) or (rest.strip() and name in _ONLY_ALONE):
        return None
    return Command(word=word, typed=name, rest=rest.strip())
