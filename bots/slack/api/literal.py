"""A person's text in mrkdwn, for the few blocks without rich text: nothing in it is read as a format or a mention."""

from core.domain.text import clean
from core.replies.chat.words import cut


def literal(words: str, *, most: int) -> str:
    """One line of at most so many characters, as Slack counts them, including the characters that escape."""
    line, room = " ".join(clean(words).split()), most
    while True:
        written = escaped(cut(line, room))
        if len(written) <= most or room <= 1:
            return written[:most]
        room -= max(1, (len(written) - most) // 2)


def escaped(words: str) -> str:
    """The text, escaped so that Slack shows it exactly."""
    for mark in "*_~`":
        words = words.replace(mark, f"\u200b{mark}\u200b")
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
