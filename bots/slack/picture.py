"""Shows a picture to one person: uploaded without being shared, and drawn by a block of an answer that they alone see.

Slack draws a file only once it has looked at it, which takes a moment (2026-11-22).
"""

import asyncio

import structlog
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack import render
from bots.slack.errors import translated
from core.domain.chat.chat_errors import ChatError
from core.replies.chat.card import Card
from core.replies.chat.words import cut
from core.replies.credits.month import ChartImage

log = structlog.get_logger()

ALT_MAX = 1900
LOOKS, PAUSE_S = 12, 0.25
BUTTONS = "actions"


async def show(web: AsyncWebClient, respond: AsyncRespond, card: Card, picture: ChartImage) -> bool:
    """Answer with the card and the picture. False: nothing was said, because Slack would not take the picture."""
    try:
        async with translated("files.completeUploadExternal"):
            uploaded = await web.files_upload_v2(
                content=picture.png, filename=picture.filename, title=picture.filename, request_file_info=False
            )
            file_id = str(uploaded["files"][0]["id"])
            address = await _looked_at(web, file_id)
            if address is None:
                return False
            image = {"type": "image", "slack_file": {"url": address}, "alt_text": cut(picture.alt, ALT_MAX)}
            drawn = render.blocks(card)
            at = next((n for n, block in enumerate(drawn) if block["type"] == BUTTONS), len(drawn))
            answered = await respond(
                text=render.text(card),
                blocks=[*drawn[:at], image, *drawn[at:]],
                response_type="ephemeral",
                replace_original=False,
            )
    except ChatError as error:
        log.warning("picture.not_shown", error=type(error).__name__)
        return False
    return answered.status_code == 200


async def _looked_at(web: AsyncWebClient, file_id: str) -> str | None:
    """The file's address once Slack can draw it; None if that takes too long."""
    for _ in range(LOOKS):
        file = (await web.files_info(file=file_id)).get("file")
        if isinstance(file, dict) and file.get("mimetype") and file.get("url_private"):
            return str(file["url_private"])
        await asyncio.sleep(PAUSE_S)
    return None
