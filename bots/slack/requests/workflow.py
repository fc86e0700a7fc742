"""The step “Make a video” of Slack's Workflow Builder. A worker completes it, minutes later."""

from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bots.conversation import Conversation
from bots.slack.api.errors import translated
from bots.slack.api.tenant import SLACK
from bots.slack.inbound.say import Answering
from bots.slack.requests.commands import Commands
from bots.video_service import VideoService
from core.domain.chat.chat_errors import ChatError
from core.domain.ids import UserId
from core.domain.requests.drafts import Draft
from core.domain.requests.tiers import TierName
from core.domain.text import clean
from core.replies.chat.card import Card, plain
from core.replies.chat.words import cut

log = structlog.get_logger()

MAKE_VIDEO = "make_video"
"""The step's id in the manifest."""
ERROR_MAX = 500


class Workflow:
    """The handler of the step."""

    def __init__(
        self, video_service: VideoService, commands: Commands, web: AsyncWebClient, *, conversation: Conversation
    ) -> None:
        self._service = video_service
        self._commands = commands
        self._web = web
        self._conversation = conversation

    def register(self, app: AsyncApp) -> None:
        app.function(MAKE_VIDEO, auto_acknowledge=True)(self.run)

    async def run(self, event: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext) -> None:
        """Ask for the video in the name of the app itself, because a workflow has no person."""
        reference, inputs = str(event["function_execution_id"]), event.get("inputs") or {}
        channel, user = str(inputs.get("channel") or ""), UserId(context.bot_user_id or "workflow")
        asked = {"user_id": user, "trigger_id": f"step:{reference}"}
        who = self._commands.asker(context, asked, channel=channel)
        tier = str(inputs.get("tier") or "").strip().lower()
        if tier not in {"", *TierName}:
            await self._refuse(reference, f"There is no quality {cut(tier, 30)}: {', '.join(TierName)}.")
            return
        wanted = await self._service.steps.wait(
            platform=SLACK,
            installation=who.principal.installation,
            event=who.event,
            place=who.place,
            reference=reference,
        )
        if isinstance(wanted, Card):
            await self._refuse(reference, plain(wanted))
            return
        # A workflow's text is all description: nobody could answer a question about it.
        draft = Draft(text=f"tier:{tier}" if tier else "", description=clean(str(inputs.get("prompt") or "")))
        refusal = _Refusal(self._web, user)
        if not await self._commands.finish(self._conversation.ask(draft, who), who, refusal, asked_by="a workflow"):
            await self._service.steps.answered(wanted)
            await self._refuse(reference, refusal.why or "It could not be asked for.")

    async def _refuse(self, reference: str, why: str) -> None:
        try:
            async with translated("functions.completeError"):
                await self._web.functions_completeError(function_execution_id=reference, error=cut(why, ERROR_MAX))
        except ChatError as error:
            log.warning("step.not_refused", why=f"{type(error).__name__} {error}")


class _Refusal(Answering):
    """Keeps the refusal, which goes to the manager of the workflow instead of a person."""

    def __init__(self, web: AsyncWebClient, user: UserId) -> None:
        super().__init__(web, response_url=None, user=user)
        self.why = ""

    async def __call__(self, *args: Any, **words: Any) -> Any:
        self.why = str(args[0] if args else words.get("text", ""))
