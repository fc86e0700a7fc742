"""Takes away the marks that tools put around options: bold names, names in quotes, a block of code around all."""

import re

from core.domain.requests.glyphs import plain
from core.domain.requests.option_names import PATTERN, named

_FENCE = re.compile(r"\s*(?P<fence>`{1,8})(?!`)(?P<inside>.*?)(?P=fence)\s*", re.DOTALL)
_MARKED = re.compile(
    rf"(?P<mark>[*_~]{{1,3}}|[`\"])(?P<name>{PATTERN})(?:(?P=mark)(?P<outside> ?[:=])|(?P<inside> ?[:=])(?P=mark))"
)


def unfenced(text: str) -> str:
    """What stands in a block of code that is all of the text."""
    fence = _FENCE.fullmatch(text)
    return fence["inside"] if fence is not None and "`" not in fence["inside"] else text


def unmarked(text: str) -> str:
    """The text with names of options as they are typed without marks: **tier:** and "tier": become tier: alone.

    Names that sentences have, too, stay as they are: he says "no": a short answer.
    """
    pieces, at = [], 0
    for marked in _MARKED.finditer(plain(text)):
        if named(marked["name"]).common or (marked.start() > 0 and plain(text)[marked.start() - 1].isalnum()):
            continue
        pieces += [text[at : marked.start()], text[marked.start("name") : marked.end("name")]]
        pieces.append(marked["outside"] or marked["inside"])
        at = marked.end()
    return "".join((*pieces, text[at:]))
