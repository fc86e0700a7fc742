"""/credits with all its words, the pages of the history, and the buttons of approval."""

from typing import Any
from uuid import UUID

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bots.credit_service import Asking, Phrases
from bots.run_use_case import run_use_case
from bots.slack.api.errors import translated
from bots.slack.api.places import unpacked
from bots.slack.credits import credit_words
from bots.slack.drawing import render
from bots.slack.drawing.tables import show
from bots.slack.inbound.presses import Handler, Press, about_a_generation
from bots.slack.inbound.say import whisper
from bots.slack.people.callers import principal
from bots.slack.people.managers import deciding
from bots.video_service import VideoService
from core.domain.chat.chat_errors import ChatError
from core.domain.credits.credit_commands import CreditCommand, ShowBalance, ShowHistory
from core.domain.ids import ChannelId, Thread
from core.replies.chat.card import Action, Card, Text
from core.replies.credits import balance as credit_cards
from core.replies.languages.say import say
from core.replies.requests.refusals import broken

log = structlog.get_logger()


def _channel(place: Thread) -> str:
    return unpacked(place).channel


PHRASES = Phrases(
    more=credit_words.MORE,
    budget=credit_words.BUDGET,
    limits=credit_words.LIMITS,
    unlink="/credits unlink",
    channel=_channel,
    has_tables=True,
)


class Credits:
    """The handlers of /credits and of the buttons on its cards."""

    def __init__(self, video_service: VideoService, web: AsyncWebClient) -> None:
        self._service = video_service
        self._web = web

    def register(self, app: AsyncApp) -> None:
        app.command("/credits")(self.credits)

    def handlers(self) -> dict[Action, Handler]:
        decided = about_a_generation(self.decided)
        return {
            Action.PAGE: self.page,
            Action.BALANCE: self.balance,
            Action.APPROVE: decided,
            Action.DECLINE: decided,
        }

    async def credits(
        self, ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        await ack()
        if str(body.get("text", "")).strip().lower() in {"help", "?"}:
            await whisper(respond, credit_cards.usage(credit_words.EVERYTHING))
            return
        if str(body.get("text", "")).strip().lower() == "export":
            await self._export(respond, body, context)
            return
        here = ChannelId(str(body["channel_id"]))
        command = await run_use_case(_parsed(str(body.get("text", "")), here), what="parse")
        if isinstance(command, Card):
            await whisper(respond, command)
            return
        asking = Asking(
            principal=await principal(self._web, context, body),
            channel=here,
            event=str(body["trigger_id"]),
        )
        said = await self._service.credit_service.carry_out(command, asking, PHRASES)
        if not said.table or not await show(respond, said.card, said.table):
            await whisper(respond, said.card)

    async def _export(self, respond: AsyncRespond, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """The month as a file, to the manager directly: nobody else sees it."""
        by = await deciding(self._web, context, body)
        made = await self._service.rules.export(by)
        if isinstance(made, Card):
            await whisper(respond, made)
            return
        try:
            async with translated("files.completeUploadExternal"):
                opened = await self._web.conversations_open(users=by.principal.user)
                await self._web.files_upload_v2(
                    channel=str(opened["channel"]["id"]), content=made.content, filename=made.name, title=made.name
                )
        except ChatError as error:
            log.warning("export.not_sent", error=type(error).__name__)
            await whisper(respond, broken())
        else:
            parts = (Text(made.note),) if made.note else ()
            await whisper(respond, Card(title=say("The file is in our direct messages"), parts=parts))

    async def page(self, press: Press) -> None:
        """Show another page in place of the present one."""
        cursor, respond = press.subject, press.respond
        before = int(cursor) if cursor.isascii() and cursor.isdigit() else 0
        said = await self._service.credit_service.carry_out(
            ShowHistory(before or None), await self._asking(press.context, press.body), PHRASES
        )
        try:
            async with translated("response_url"):
                await respond(text=render.text(said.card), blocks=render.blocks(said.card), replace_original=True)
        except ChatError as error:
            log.warning("answer.not_said", error=type(error).__name__)

    async def balance(self, press: Press) -> None:
        """Show the balance to the person who pressed the button of an alert."""
        asking = await self._asking(press.context, press.body)
        said = await self._service.credit_service.carry_out(ShowBalance(), asking, PHRASES)
        await whisper(press.respond, said.card)

    async def _asking(self, context: AsyncBoltContext, body: dict[str, Any]) -> Asking:
        return Asking(
            principal=await principal(self._web, context, body),
            channel=ChannelId(str(body.get("channel", {}).get("id", ""))),
            event=str(body["trigger_id"]),
        )

    async def decided(self, generation_id: UUID, press: Press) -> None:
        """Approve or decline. The thread shows the decision; errors are shown to the admin alone."""
        by = await self._service.rules.manager(await deciding(self._web, press.context, press.body))
        if isinstance(by, Card):
            await whisper(press.respond, by)
            return
        if press.action is Action.APPROVE:
            card = await self._service.credit_service.approve(generation_id, by=by)
        else:
            card = await self._service.credit_service.decline(generation_id, by=by)
        await whisper(press.respond, card)


async def _parsed(text: str, here: ChannelId) -> CreditCommand:
    return credit_words.parse(text, here=here)
