"""A table in an answer that only one person sees.

A picture would have to be a file that is shared with nobody: such files pile up, and Slack may not draw them there
(node-slack-sdk#1790, bolt-python#1251).
"""

from collections.abc import Sequence

import structlog
from slack_bolt.context.respond.async_respond import AsyncRespond

from bots.slack.api.errors import translated
from bots.slack.drawing import render
from bots.slack.drawing.render import Block
from core.domain.chat.chat_errors import ChatError
from core.replies.chat.card import Card
from core.replies.chat.words import cut

log = structlog.get_logger()

ROWS_MAX, COLUMNS_MAX, CELL_MAX = 100, 20, 200
BUTTONS = "actions"


async def show(respond: AsyncRespond, card: Card, rows: Sequence[Sequence[str]]) -> bool:
    """Answer with the card and the table. False: Slack takes no tables there, and nothing was sent."""
    drawn = render.blocks(card)
    at = next((n for n, block in enumerate(drawn) if block["type"] == BUTTONS), len(drawn))
    blocks = [*drawn[:at], block(rows), *drawn[at:]]
    # Without our own `respond`, which would send a refused answer directly, with the same blocks.
    plainly = respond if respond.response_url is None else AsyncRespond(response_url=respond.response_url)
    try:
        async with translated("response_url"):
            answered = await plainly(
                text=render.text(card), blocks=blocks, response_type="ephemeral", replace_original=False
            )
    except ChatError as error:
        log.warning("table.not_shown", error=type(error).__name__)
        return False
    return answered.status_code < 400


def block(rows: Sequence[Sequence[str]]) -> Block:
    """The rows as a block. The first row is the head; numbers are aligned to the right."""
    head = rows[0][:COLUMNS_MAX]
    aligned = [{"align": "left" if n in {0, len(head) - 1} else "right"} for n in range(len(head))]
    cells = [
        [{"type": "raw_text", "text": cut(cell, CELL_MAX) or " "} for cell in row[:COLUMNS_MAX]]
        for row in rows[:ROWS_MAX]
    ]
    return {"type": "table", "rows": cells, "column_settings": aligned}
