"""The answer while the workspace's token cannot be had, because Postgres or Slack is away: by ways that need none."""

from collections.abc import Mapping
from typing import Any

import structlog
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from bots.slack.drawing import render
from bots.slack.inbound.say import whisper
from bots.slack.inbound.typed_words import typed_in
from bots.slack.vocabulary import WORDS
from core.db.errors import DatabaseAway
from core.domain.chat.chat_errors import ChatError
from core.domain.requests.refusals import CannotCheck
from core.replies.chat.card import plain
from core.replies.languages.vocabulary import using
from core.replies.requests.carried import carried
from core.replies.requests.refusals import database_away, refused

log = structlog.get_logger()

AGAIN = 503
"""Slack sends an event again within minutes; of a press it tells the person that it did not work."""


async def answered(body: Mapping[str, Any], context: AsyncBoltContext, error: DatabaseAway | ChatError) -> BoltResponse:
    """Tell the person to try again, and give back what was typed. A form stays open with its words."""
    is_ours = isinstance(error, DatabaseAway)
    log.info("answer.database_away" if is_ours else "answer.chat_away", what="token", unclear=False)
    card = database_away(unclear=False) if is_ours else refused(CannotCheck())
    with using(WORDS):
        if "command" in body:
            card = carried(card, typed_in(body))
            said = {"response_type": "ephemeral", "text": render.text(card), "blocks": render.blocks(card)}
            return BoltResponse(status=200, body=said)
        if body.get("type") == "view_submission":
            inputs = [str(block["block_id"]) for block in body["view"]["blocks"] if block["type"] == "input"]
            errors = dict.fromkeys(inputs[:1], plain(card))
            return BoltResponse(status=200, body={"response_action": "errors", "errors": errors})
        if context.response_url and context.respond is not None:
            await whisper(context.respond, card)
            return BoltResponse(status=200, body="")
    return BoltResponse(status=AGAIN, body="")
