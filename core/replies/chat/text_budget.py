"""Counts the characters that a message still has room for; a renderer cuts its texts to that."""

from core.replies.chat.words import cut


class TextBudget:
    """The rest of a message's limit, in characters."""

    def __init__(self, length_max: int) -> None:
        self._left = length_max

    def take(self, words: str, *, most: int) -> str:
        """The text, cut to the room that is left."""
        taken = cut(words, min(most, self._left))
        self._left -= len(taken)
        return taken
