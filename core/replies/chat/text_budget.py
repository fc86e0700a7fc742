"""How much text a message still has room for: a renderer takes its words from here, and none is too long."""

from core.replies.chat.words import cut


class TextBudget:
    """What is left of a message's limit, in characters."""

    def __init__(self, length_max: int) -> None:
        self._left = length_max

    def take(self, words: str, *, most: int) -> str:
        """The words, or as many of them as there is room for."""
        taken = cut(words, min(most, self._left))
        self._left -= len(taken)
        return taken
