"""What part of a list a form shows, and what a form that was sent changes in the whole list. Pure.

A form has room for some of a list only, and others may change the list while it is open. So a form changes what it
showed, and nothing else: what is not in it any more goes, what is new comes, and all the rest stays as it is.
"""

from collections.abc import Iterable
from itertools import accumulate

from core.domain.rules.kinds import RuleKind, Rules
from core.domain.rules.words import WORDS_MAX, folded, listed_words

CHOSEN_MAX = 25
"""The choices at most in one field: no platform takes fewer."""
TEXT_MAX = 3000
"""The characters at most in one field: no platform takes fewer."""
OUT = "-"
"""Before a word: it goes, whether the form showed it or not."""


def shown(rules: Rules, kind: RuleKind, value: str) -> tuple[str, ...]:
    """The subjects with this value that a form shows, the newest ones."""
    return rules.subjects(kind, value)[-CHOSEN_MAX:]


def hidden(rules: Rules, kind: RuleKind, value: str) -> int:
    """How many of them a form has no room for."""
    return max(0, len(rules.subjects(kind, value)) - CHOSEN_MAX)


def shown_words(words: Iterable[str]) -> tuple[str, ...]:
    """The words that a form shows, one a line."""
    every = tuple(words)
    ends = accumulate(len(word) + 1 for word in every)
    return tuple(word for word, end in zip(every, ends, strict=True) if end <= TEXT_MAX)


def words_after(typed: str, *, showed: Iterable[str], now: Iterable[str]) -> tuple[str, ...]:
    """The list after a form was sent.

    Args:
        typed: what was in the form then.
        showed: the whole list when it was opened.
        now: the list as it is.
    """
    lines = [line.strip() for part in typed.splitlines() for line in part.split(",")]
    out = {folded(line) for line in lines if line.startswith(OUT)}
    wanted = listed_words("\n".join(line for line in lines if not line.startswith(OUT)))
    before = {folded(word) for word in shown_words(showed)}
    kept = {folded(word) for word in wanted}
    gone = (before - kept) | out
    added = [word for word in wanted if folded(word) not in before]
    return listed_words("\n".join([*(word for word in now if folded(word) not in gone), *added]))[:WORDS_MAX]
