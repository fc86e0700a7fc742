"""Modals: what the bot asks for, checked as Discord does, and what a person sends back, checked as its client does."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from sandbox.discord import fixtures
from sandbox.discord.components import ROW, STRING_SELECT, TEXT, select_options
from sandbox.discord.errors import FormErrors, Path
from sandbox.discord.interactions import Interaction
from sandbox.discord.model import Channel, Message
from sandbox.discord.options import Unsendable
from sandbox.platform import Field, Modal

TEXT_INPUT, LABEL, FILES, RADIO, CHECKBOXES, CHECKBOX = 4, 18, 19, 21, 22, 23
USERS, ROLES, MENTIONABLES, CHANNELS = 5, 6, 7, 8
ROLE_NAMES = {fixtures.MANAGERS_ROLE_ID: "Managers", fixtures.DESIGNERS_ROLE_ID: "Designers"}
PICKERS = (USERS, ROLES, MENTIONABLES, CHANNELS)
"""Menus of what the server has: their values are ids."""
INPUTS = (TEXT_INPUT, STRING_SELECT, *PICKERS, FILES, RADIO, CHECKBOXES, CHECKBOX)
FILES_MAX = 10
CHOSEN_FROM = (STRING_SELECT, RADIO, CHECKBOXES)
MANY = (STRING_SELECT, CHECKBOXES, *PICKERS)
PARAGRAPH = 2
OPEN_MAX = 200
YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A modal that somebody has open, and where it came from."""

    modal: Modal
    custom_id: str
    rows: list[dict[str, Any]]
    user_id: int
    channel: Channel
    source: Message | None
    trigger: dict[str, Any]


class Modals:
    """All modals that are open."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Open] = OrderedDict()

    def open(self, interaction: Interaction, data: dict[str, Any]) -> Modal:
        """Show a modal to the person who used the command or the button."""
        errors = FormErrors()
        at: Path = ("data",)
        custom_id = errors.text(data.get("custom_id"), (*at, "custom_id"), low=1, high=100)
        title = errors.text(data.get("title"), (*at, "title"), low=1, high=45)
        rows = errors.objects(data.get("components"), (*at, "components"), low=1, high=5)
        fields = [_field(row, errors, (*at, "components", index)) for index, row in enumerate(rows)]
        names = [one.name for one in fields if one]
        if len(set(names)) != len(names):
            code = "COMPONENT_CUSTOM_ID_DUPLICATED"
            errors.add((*at, "components"), code, "Component custom id cannot be duplicated")
        errors.check()
        modal = Modal(
            id=str(interaction.id),
            title=title,
            fields=tuple(one for one in fields if one),
            text="\n".join(row["content"] for row in rows if row["type"] == TEXT),
        )
        self._open[modal.id] = Open(
            modal=modal,
            custom_id=custom_id,
            rows=rows,
            user_id=interaction.user_id,
            channel=interaction.channel,
            source=interaction.source,
            trigger=interaction.origin.metadata,
        )
        if len(self._open) > OPEN_MAX:
            self._open.popitem(last=False)
        return modal

    def get(self, modal_id: str, user_id: int) -> Open:
        """A modal that this person has open."""
        found = self._open.get(modal_id)
        if found is None or found.user_id != user_id:
            raise Unsendable("This modal is not open any more.")
        return found

    def close(self, modal_id: str) -> None:
        """Forget a modal that was sent."""
        self._open.pop(modal_id, None)


def file_inputs(opened: Open) -> list[str]:
    """The inputs of a modal that take files."""
    items = [row["component"] for row in opened.rows if row["type"] == LABEL]
    return [item["custom_id"] for item in items if item["type"] == FILES]


def fill(opened: Open, values: dict[str, str]) -> list[dict[str, Any]]:
    """The components of a submit, unless the client would not send them. A file's value is its id once uploaded."""
    made: list[dict[str, Any]] = []
    objections: list[str] = []
    for number, row in enumerate(opened.rows, 1):
        if row["type"] == TEXT:
            made.append({"type": TEXT, "id": number})
            continue
        item = row["component"] if row["type"] == LABEL else row["components"][0]
        given = values.get(item["custom_id"], _initial(item))
        objections.append(_objection(item, row, given))
        answer = {"type": item["type"], "id": number + 100, "custom_id": item["custom_id"]} | _value(item, given)
        if row["type"] == LABEL:
            made.append({"type": LABEL, "id": number, "component": answer})
        else:
            made.append({"type": ROW, "id": number, "components": [answer]})
    if objection := " ".join(filter(None, objections)):
        raise Unsendable(objection)
    return made


def _field(row: dict[str, Any], errors: FormErrors, path: Path) -> Field | None:
    """The input in one row of a modal; plain text has none."""
    if row.get("type") == TEXT:
        errors.text(row.get("content"), (*path, "content"), low=1, high=4000)
        return None
    if row.get("type") == LABEL:
        label = errors.text(row.get("label"), (*path, "label"), low=1, high=45)
        item, path = row.get("component"), (*path, "component")
    elif row.get("type") == ROW:
        inner = errors.objects(row.get("components"), (*path, "components"), low=1, high=1)
        item, path = next(iter(inner), {}), (*path, "components", 0)
        label = errors.text(item.get("label"), (*path, "label"), low=1, high=45)
    else:
        errors.add(
            (*path, "type"), "UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({ROW}, {TEXT}, {LABEL}).'
        )
        return None
    if not isinstance(item, dict) or item.get("type") not in INPUTS:
        shown = ", ".join(map(str, INPUTS))
        errors.add((*path, "type"), "UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({shown}).')
        return None
    name = errors.text(item.get("custom_id"), (*path, "custom_id"), low=1, high=100)
    if item["type"] == TEXT_INPUT:
        errors.text(item.get("value"), (*path, "value"), high=4000)
        errors.text(item.get("placeholder"), (*path, "placeholder"), high=100)
        if item.get("style") not in {1, PARAGRAPH}:
            errors.one_of((*path, "style"), (1, PARAGRAPH))
    files = 0
    if item["type"] in PICKERS:
        errors.number(item.get("min_values"), (*path, "min_values"), low=0, high=25, default=1)
        most = errors.number(item.get("max_values"), (*path, "max_values"), low=1, high=25, default=1)
        errors.objects(item.get("default_values"), (*path, "default_values"), low=0, high=most)
    if item["type"] == FILES:
        errors.number(item.get("min_values"), (*path, "min_values"), low=0, high=FILES_MAX, default=1)
        files = errors.number(item.get("max_values"), (*path, "max_values"), low=1, high=FILES_MAX, default=1)
    options = {YES: "Yes", NO: "No"} if item["type"] == CHECKBOX else {}
    if item["type"] in CHOSEN_FROM:
        chosen_from = select_options(errors, item.get("options"), (*path, "options"))
        options = {one["value"]: one["label"] for one in chosen_from}
    elif item["type"] in PICKERS:
        options = _pickable(item["type"])
    return Field(
        name=name,
        label=label,
        value=_initial(item),
        multiline=item.get("style") == PARAGRAPH,
        options=tuple(options),
        files=files,
        labels=tuple(options.values()),
        many=item["type"] in MANY and (item.get("max_values") or 1) > 1,
        hint=str(row.get("description") or ""),
        optional=item.get("required") is False,
    )


def _pickable(kind: int) -> dict[str, str]:
    """What there is in the server to be picked: by id, as the client shows it."""
    people = {person.id: f"@{person.name}" for person in fixtures.PEOPLE}
    roles = {str(number): f"@{name}" for number, name in ROLE_NAMES.items()}
    channels = {str(number): f"#{name}" for name, number in fixtures.ALL_CHANNEL_IDS.items()}
    return {USERS: people, ROLES: roles, MENTIONABLES: people | roles, CHANNELS: channels}[kind]


def _initial(item: dict[str, Any]) -> str:
    if item["type"] == TEXT_INPUT:
        return str(item.get("value") or "")
    if item["type"] == CHECKBOX:
        return YES if item.get("default") else NO
    if item["type"] in PICKERS:
        return ", ".join(str(chosen.get("id")) for chosen in item.get("default_values") or [])
    chosen = [str(option.get("value")) for option in item.get("options") or [] if option.get("default")]
    return ", ".join(chosen)


def _chosen(given: str) -> list[str]:
    return [part.strip() for part in given.split(",") if part.strip()]


def _value(item: dict[str, Any], given: str) -> dict[str, Any]:
    if item["type"] == CHECKBOX:
        return {"value": given.strip().lower() in {YES, "true", "1", "on"}}
    if item["type"] in MANY:
        return {"values": _chosen(given)}
    if item["type"] == FILES:
        return {"values": given.split()}
    return {"value": given or None} if item["type"] == RADIO else {"value": given}


def _objection(item: dict[str, Any], row: dict[str, Any], given: str) -> str:
    label = row.get("label") or item.get("label") or item["custom_id"]
    if item["type"] == CHECKBOX:
        return ""
    if not given.strip():
        return f"{label}: this field is required." if item.get("required") is not False else ""
    if item["type"] == FILES:
        most = item.get("max_values") or 1
        return f"{label}: add at most {most}." if len(given.split()) > most else ""
    if item["type"] in PICKERS:
        picked, most = _chosen(given), item.get("max_values") or 1
        if not all(one.isdigit() for one in picked):
            return f"{label}: pick from the list."
        return f"{label}: pick at most {most}." if len(picked) > most else ""
    if item["type"] in CHOSEN_FROM:
        legal = [option["value"] for option in item["options"]]
        picked = _chosen(given) if item["type"] in MANY else [given]
        most = item.get("max_values") or (1 if item["type"] == STRING_SELECT else len(legal))
        if any(one not in legal for one in picked):
            return f"{label}: pick from {', '.join(legal)}."
        return f"{label}: pick at most {most}." if len(picked) > most else ""
    least, most = item.get("min_length") or 0, item.get("max_length") or 4000
    return "" if least <= len(given) <= most else f"{label}: must be between {least} and {most} in length."
