"""The panels of rules as modals: opened by their buttons, and read when they are sent."""

from collections.abc import Mapping, Sequence
from typing import Any, assert_never

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bots.acknowledgement import a_form_follows
from bots.rule_service import Manager
from bots.slack.api.errors import translated
from bots.slack.drawing.buttons import memory, remembered
from bots.slack.inbound.presses import Handler, Press
from bots.slack.inbound.say import Answering, AtHome, whisper
from bots.slack.people.callers import person
from bots.slack.people.groups import groups_of
from bots.slack.people.managers import deciding, looking
from bots.video_service import VideoService
from core.domain.chat.chat_errors import ChatError
from core.domain.errors import Refused
from core.domain.rules.changes import WrongRule, checked
from core.domain.rules.kinds import Rules
from core.domain.rules.panels import Filled, PanelName, changes
from core.domain.rules.shown import TEXT_MAX
from core.replies.chat.card import Action, Card, plain
from core.replies.chat.words import cut
from core.replies.languages.say import say
from core.replies.requests.refusals import form_not_opened, refused
from core.replies.rules.fields import (
    ChannelsField,
    ChoiceField,
    Panel,
    PanelField,
    PeopleField,
    RolesField,
    TextField,
)
from core.replies.rules.oversight import LOG

log = structlog.get_logger()

Block = dict[str, Any]
PANEL = "panel"
"""The form's id."""
OPTION_MAX, TITLE_MAX, HINT_MAX = 75, 24, 150
OPTIONS_MOST = 100
"""In one select, and in one group of a select."""


class Panels:
    """The panels of one process."""

    def __init__(self, video_service: VideoService, web: AsyncWebClient) -> None:
        self._service = video_service
        self._web = web
        self.in_home: AtHome | None = None
        """Makes answers at the top of the Home for panels that were opened there: a Home has no response_url."""

    def register(self, app: AsyncApp) -> None:
        app.view(PANEL)(self.sent)

    def handlers(self) -> dict[Action, Handler]:
        return {Action.RULES: self.open, Action.LATER: self.later}

    async def manager(self, context: AsyncBoltContext, body: Mapping[str, Any]) -> Manager:
        """Who wants to see something."""
        return await looking(self._web, context, body)

    async def open(self, press: Press) -> None:
        """Show a panel to the person who pressed its button or chose it from a menu."""
        name, respond, body, context = press.subject, press.respond, press.body, press.context
        if name.startswith(LOG):
            before = name.removeprefix(LOG)
            by = await self.manager(context, body)
            await whisper(respond, await self._service.rules.log(by, before=int(before) if before.isdigit() else None))
            return
        with a_form_follows():
            panel = await self._service.rules.panel(name, await self.manager(context, body))
        if isinstance(panel, Card):
            await whisper(respond, panel)
            return
        at_home = (body.get("view") or {}).get("type") == "home"
        drawn = view(panel, await groups_of(self._web).names(), answers=respond.response_url or "", at_home=at_home)
        try:
            async with translated("views.open"):
                await self._web.views_open(trigger_id=str(body["trigger_id"]), view=drawn)
        except ChatError as error:
            log.warning("form.not_opened", error=type(error).__name__)
            await whisper(respond, form_not_opened())

    async def later(self, press: Press) -> None:
        """Handle a button of a planned video."""
        by = person(press.context, press.body)
        await whisper(press.respond, await self._service.later.change(press.subject, by=by))

    async def sent(self, ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """A panel was sent: store it, or show errors in it."""
        blocks = [str(block["block_id"]) for block in body["view"]["blocks"] if block["type"] == "input"]
        try:
            known = remembered(body)
            name, given = PanelName(known["panel"]), filled(body["view"])
            for change in changes(name, given, Rules()):
                checked(change)
        except WrongRule as wrong:
            at = wrong.kind if wrong.kind in blocks else blocks[0]
            await ack(response_action="errors", errors={at: plain(refused(wrong))})
            return
        except Refused as refusal:
            await ack(response_action="errors", errors={blocks[0]: plain(refused(refusal))})
            return
        await ack()
        by = await deciding(self._web, context, body)
        card = await self._service.rules.change(name, given, by, showed=int(known["revision"]))
        user = by.principal.user
        respond = Answering(self._web, response_url=known["answers"] or None, user=user)
        if known.get("at_home") and self.in_home is not None:
            respond = self.in_home(context, user)
        await whisper(respond, card)


def view(panel: Panel, groups: Mapping[str, str], *, answers: str, at_home: bool = False) -> Block:
    """The modal. `groups`: the workspace's user groups, by id."""
    remembers = {"panel": panel.name.value, "revision": panel.revision, "answers": answers, "at_home": at_home}
    return {
        "type": "modal",
        "callback_id": PANEL,
        "private_metadata": memory(PANEL, remembers),
        "title": _plain(cut(panel.title, TITLE_MAX)),
        "submit": _plain(say("Save")),
        "close": _plain(say("Cancel")),
        "blocks": [block for each in panel.fields if (block := _block(each, groups)) is not None],
    }


def filled(sent: Block) -> Filled:
    """The values of a sent panel, by field."""
    return {block: tuple(_given(next(iter(inputs.values()), {}))) for block, inputs in sent["state"]["values"].items()}


def _given(value: Block) -> list[str]:
    for several in ("selected_conversations", "selected_users"):
        if several in value:
            return [str(each) for each in value[several] or []]
    if "selected_options" in value:
        return [str(each["value"]) for each in value["selected_options"] or []]
    one = (value.get("selected_option") or {}).get("value") or value.get("value")
    return [str(one)] if one else []


def _block(field: PanelField, groups: Mapping[str, str]) -> Block | None:
    match field:
        case ChannelsField(for_adults=True) | TextField(for_adults=True):
            return None  # Slack restricts no channel by age
        case ChannelsField():
            several = {"filter": {"include": ["public", "private"]}, "max_selected_items": field.most}
            chosen = {"initial_conversations": list(field.chosen)} if field.chosen else {}
            element: Block = {"type": "multi_conversations_select"} | several | chosen
            return _input(field, element, hint=field.hint, required=field.required)
        case PeopleField():
            chosen = {"initial_users": list(field.chosen)} if field.chosen else {}
            element = {"type": "multi_users_select", "max_selected_items": field.most}
            return _input(field, element | chosen, hint=field.hint)
        case RolesField():
            options = sorted(((group, f"@{name}") for group, name in groups.items()), key=lambda option: option[1])
            return _input(field, _select(options, field.chosen, several=True), hint=field.hint) if options else None
        case ChoiceField(for_communities=True):
            return None  # Slack has no gallery
        case ChoiceField():
            element = _select(field.options, field.chosen, several=field.most > 1)
            return _input(field, element, required=field.required)
        case TextField():
            element = {"type": "plain_text_input", "multiline": field.lines, "max_length": TEXT_MAX}
            element |= {"initial_value": cut(field.value, TEXT_MAX)} if field.value else {}
            return _input(field, element, hint=field.hint, required=field.required)
        case _:
            assert_never(field)


def _select(options: Any, chosen: tuple[str, ...], *, several: bool) -> Block:
    drawn = [{"text": _plain(cut(text, OPTION_MAX)), "value": value} for value, text in options]
    picked = [option for option in drawn if option["value"] in chosen]
    offered: Block = {"options": drawn}
    if len(drawn) > OPTIONS_MOST:
        offered = {"option_groups": [_group(part) for part in _parts(drawn[: OPTIONS_MOST**2])]}
    if several:
        return {"type": "multi_static_select", **offered, **({"initial_options": picked} if picked else {})}
    return {"type": "static_select", **offered, **({"initial_option": picked[0]} if picked else {})}


def _parts(options: Sequence[Block]) -> list[Sequence[Block]]:
    return [options[start : start + OPTIONS_MOST] for start in range(0, len(options), OPTIONS_MOST)]


def _group(options: Sequence[Block]) -> Block:
    first, last = (str(option["text"]["text"]) for option in (options[0], options[-1]))
    return {
        "label": _plain(f"{cut(first, OPTION_MAX // 2 - 2)} – {cut(last, OPTION_MAX // 2 - 2)}"),
        "options": list(options),
    }


def _input(field: PanelField, element: Block, *, hint: str = "", required: bool = False) -> Block:
    return {
        "type": "input",
        "block_id": field.name,
        "label": _plain(field.label),
        "element": element | {"action_id": field.name},
        "optional": not required,
        **({"hint": _plain(cut(hint, HINT_MAX))} if hint else {}),
    }


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}
