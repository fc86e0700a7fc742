"""Slack's blocks `card` and `carousel` for results, and plain blocks for workspaces that refuse them.

Both are in Slack's SDKs, but no document says which clients draw them (2026-11-30). So they are a setting, and a
workspace that has refused them once gets plain blocks from then on.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import structlog

from bots.slack.api.literal import literal
from core.domain.chat.chat_errors import CardRefused
from core.replies.chat.card import Card, Drawing, ListLine, Part, Picture, SmallPrint, Text, plain

log = structlog.get_logger()

Block = dict[str, Any]
T = TypeVar("T")

TITLE_MAX, BODY_MAX, ALT_MAX = 150, 200, 2000
CAROUSEL_MAX = 10
REFUSED_MAX = 10_000
"""Workspaces that a process remembers as refusing."""
_WIDE = frozenset({"card", "carousel"})


class CardBlocks:
    """Decides which workspaces get these blocks. `on`: all that have not refused them; otherwise none."""

    def __init__(self, *, on: bool) -> None:
        self._on = on
        self._refused: set[str | None] = set()

    async def sent(
        self, team: str | None, draw: Callable[[bool], list[Block]], send: Callable[[list[Block]], Awaitable[T]]
    ) -> T:
        """Send what `draw` makes: with cards, or, after a refusal by this workspace, without them.

        Raises:
            ChatError
        """
        drawn = draw(self._on and team not in self._refused)
        if not any(block["type"] in _WIDE for block in drawn):
            return await send(drawn)
        try:
            return await send(drawn)
        except CardRefused as refusal:
            if not str(refusal).startswith("invalid_blocks"):
                raise
            if len(self._refused) >= REFUSED_MAX:
                self._refused.clear()
            self._refused.add(team)
            log.info("slack.cards_refused", team=team, why=str(refusal))
        return await send(draw(False))


def headed(card: Card, mark: str) -> tuple[Block, list[Part]] | None:
    """A card with its picture on top, and the parts that are drawn below it; None where they do not fit a `card`."""
    found = next((part for part in card.parts if isinstance(part, Picture)), None)
    if found is None or card.ping or card.drawing is not Drawing.FULL or len(mark + card.title) > TITLE_MAX:
        return None
    block: Block = {"type": "card", "hero_image": _image(found), "title": _text(mark + card.title, most=TITLE_MAX)}
    taken: list[Part] = [found]
    for name, kind, most in (("subtitle", Text, TITLE_MAX), ("body", SmallPrint, BODY_MAX)):
        part = next((part for part in card.parts if isinstance(part, Text | SmallPrint) and type(part) is kind), None)
        if part is not None and 0 < len(part.text) <= most:
            block[name] = _text(part.text, most=most)
            taken.append(part)
    return block, [part for part in card.parts if not any(part is each for each in taken)]


def side_by_side(lines: Sequence[ListLine]) -> Block | None:
    """Several lines with pictures as a carousel; None for a single line."""
    if not 2 <= len(lines) <= CAROUSEL_MAX:
        return None
    return {"type": "carousel", "elements": [_card(line) for line in lines]}


def _card(line: ListLine) -> Block:
    block: Block = {"type": "card", "title": _text(line.label or "–", most=TITLE_MAX)}
    if line.picture is not None:
        block["hero_image"] = _image(line.picture)
    if words := plain(Card(title="", parts=(ListLine("", line.words),))).strip("• \n"):
        block["body"] = _text(words, most=BODY_MAX)
    return block


def _image(picture: Picture) -> Block:
    return {"type": "image", "image_url": picture.url, "alt_text": literal(picture.alt, most=ALT_MAX) or "–"}


def _text(words: str, *, most: int) -> Block:
    return {"type": "mrkdwn", "text": literal(words, most=most)}
