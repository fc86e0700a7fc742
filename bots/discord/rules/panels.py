"""The panels of rules as modals with selects: opened by their buttons, and read from what Discord sends.

A panel can be sent after a restart of the process that showed it: its signed id says which panel it is, and which rules
it showed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, assert_never

import discord
import structlog

from bots.discord.api.errors import translated
from bots.discord.drawing.buttons import signer
from bots.discord.inbound import responses
from bots.discord.inbound.modal_inputs import inputs_of
from bots.discord.people.callers import principal, roles_among
from bots.rule_service import Manager
from bots.video_service import VideoService
from core.domain.chat.chat_errors import ChatError
from core.domain.requests.refusals import ForgedButton
from core.domain.rules.panels import Filled, PanelName
from core.domain.rules.shown import TEXT_MAX
from core.replies.chat.card import Action, Card
from core.replies.chat.words import cut
from core.replies.requests.refusals import refused
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

PANEL_ID = re.compile(r"nd:panel:(?P<name>\w+):(?P<revision>\d{1,18}):(?P<signature>[\w-]+)")
LABEL_MAX, HINT_MAX, OPTION_MAX = 45, 100, 100
_CHANNELS = [
    *(discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.voice, discord.ChannelType.stage_voice),
    discord.ChannelType.forum,
]
"""Wherever videos can be asked for, in the place itself or in its threads."""


async def manager(interaction: discord.Interaction) -> Manager:
    """The manager who uses a panel, with their roles, read from the interaction."""
    return Manager(
        principal=await principal(interaction), in_roles=partial(roles_among, interaction), has_supporters=True
    )


async def opened(interaction: discord.Interaction, name: str, *, video_service: VideoService) -> None:
    """Show a panel. A modal must be the first answer."""
    if name.startswith(LOG):
        before = name.removeprefix(LOG)
        if await responses.defer_privately(interaction):
            page = int(before) if before.isdigit() else None
            await responses.whisper(interaction, await video_service.rules.log(await manager(interaction), before=page))
        return
    panel = await video_service.rules.panel(name, await manager(interaction))
    if isinstance(panel, Card):
        await responses.whisper(interaction, panel)
        return
    try:
        async with translated():
            await interaction.response.send_modal(modal(panel))
    except ChatError as error:
        log.info("form.not_opened", error=type(error).__name__)


async def sent(interaction: discord.Interaction, *, video_service: VideoService) -> bool:
    """Handle a sent panel. False: it is a form of another kind."""
    data = dict(interaction.data or {})
    found = PANEL_ID.fullmatch(str(data.get("custom_id", "")))
    if found is None:
        return False
    if not await responses.defer_privately(interaction):
        return True
    if not signer().knows(found["signature"], Action.RULES.value, found["name"], found["revision"]):
        log.warning("button.forged", platform="discord", user=str(interaction.user.id))
        await responses.whisper(interaction, refused(ForgedButton()))
        return True
    name, revision = PanelName(found["name"]), int(found["revision"])
    by = await manager(interaction)
    card = await video_service.rules.change(name, filled(data), by, showed=revision)
    await responses.whisper(interaction, card)
    return True


def modal(panel: Panel) -> discord.ui.Modal:
    """The panel as Discord draws it."""
    name, revision = panel.name.value, str(panel.revision)
    signature = signer().sign(Action.RULES.value, name, revision)
    drawn = discord.ui.Modal(title=panel.title, custom_id=f"nd:panel:{name}:{revision}:{signature}")
    for each in panel.fields:
        hint = getattr(each, "hint", "")
        drawn.add_item(
            discord.ui.Label(
                text=cut(each.label, LABEL_MAX),
                description=cut(hint, HINT_MAX) or None,
                component=component(each),
            )
        )
    drawn.stop()  # discord.py need not remember it
    return drawn


def filled(data: Mapping[str, Any]) -> Filled:
    """The values of a sent panel, by field."""
    found = (part for part in inputs_of(data.get("components") or []) if "custom_id" in part)
    return {str(part["custom_id"]): tuple(_given(part)) for part in found}


def _given(part: Mapping[str, Any]) -> Iterator[str]:
    if "values" in part:
        yield from (str(each) for each in part["values"] or [])
    elif part.get("value"):
        yield str(part["value"])


def component(field: PanelField, *, channels: Sequence[discord.ChannelType] = _CHANNELS) -> discord.ui.Item[Any]:
    """A field as Discord draws it. `channels`: the kinds of channels that may be chosen."""
    match field:
        case ChannelsField():
            return discord.ui.ChannelSelect(
                channel_types=list(channels),
                default_values=_chosen(field.chosen, discord.SelectDefaultValueType.channel),
                **_selecting(field, required=field.required),
            )
        case RolesField():
            chosen = _chosen(field.chosen, discord.SelectDefaultValueType.role)
            return discord.ui.RoleSelect(default_values=chosen, **_selecting(field, required=False))
        case PeopleField():
            chosen = _chosen(field.chosen, discord.SelectDefaultValueType.user)
            return discord.ui.UserSelect(default_values=chosen, **_selecting(field, required=field.required))
        case ChoiceField():
            options = [
                discord.SelectOption(label=cut(text, OPTION_MAX), value=value, default=value in field.chosen)
                for value, text in field.options
            ]
            return discord.ui.Select(options=options, **_selecting(field, required=field.required))
        case TextField():
            return discord.ui.TextInput(
                custom_id=field.name,
                style=discord.TextStyle.paragraph if field.lines else discord.TextStyle.short,
                required=field.required,
                max_length=TEXT_MAX,
                default=field.value[:TEXT_MAX] or None,
            )
        case _:
            assert_never(field)


def _selecting(field: ChannelsField | RolesField | PeopleField | ChoiceField, *, required: bool) -> dict[str, Any]:
    """The arguments that every kind of select takes."""
    return {
        "custom_id": field.name,
        "min_values": 1 if required else 0,
        "max_values": field.most,
        "required": required,
    }


def _chosen(ids: tuple[str, ...], kind: discord.SelectDefaultValueType) -> list[discord.SelectDefaultValue]:
    """The chosen values of a select. Discord documents strings where discord.py has numbers (2.7, 2026-11-30)."""
    found = [discord.SelectDefaultValue(id=int(each), type=kind) for each in ids if each.isdigit()]
    for one in found:
        one.id = str(one.id)  # type: ignore[assignment]  # discord.py sends it as it is
    return found
