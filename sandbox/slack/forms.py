"""A modal's inputs: what a person may fill in, and the state values that Slack sends for what they filled in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.platform import Field, Modal
from sandbox.slack.fixtures import Json
from sandbox.slack.reading import readable, unescape

TEXTS = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input"})
ONE_OF = frozenset({"static_select", "radio_buttons"})
SOME_OF = frozenset({"multi_static_select", "checkboxes"})
FILES = "file_input"
FILES_MAX = 10
PICKED = {
    "users_select": ("initial_user", "selected_user"),
    "channels_select": ("initial_channel", "selected_channel"),
    "conversations_select": ("initial_conversation", "selected_conversation"),
    "datepicker": ("initial_date", "selected_date"),
    "timepicker": ("initial_time", "selected_time"),
}
PICKED_MANY = {
    "multi_users_select": ("initial_users", "selected_users"),
    "multi_channels_select": ("initial_channels", "selected_channels"),
    "multi_conversations_select": ("initial_conversations", "selected_conversations"),
}
FILLABLE = TEXTS | ONE_OF | SOME_OF | {FILES, *PICKED, *PICKED_MANY}
REQUIRED = "Please complete this required field."


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input of a view. `name` is its block_id; in a block with several inputs, its action_id.

    `dispatches`: the app hears of every change.
    """

    name: str
    block_id: str
    action_id: str
    label: str
    element: Json
    optional: bool
    dispatches: bool = False

    @property
    def kind(self) -> str:
        return str(self.element.get("type"))


def inputs(view: Json) -> list[Input]:
    """The view's inputs, in reading order."""
    return [found for block in view.get("blocks", []) for found in _inputs(block)]


def as_modal(view: Json) -> Modal:
    """The view as the sandbox's API shows it; the text around the inputs included."""
    return Modal(
        id=str(view["id"]),
        title=_label(view.get("title")),
        fields=tuple(_field(found) for found in inputs(view)),
        submit=_label(view.get("submit")) or "Submit",
        text=readable([block for block in view.get("blocks", []) if block.get("type") != "input"]),
        raw={name: view.get(name) for name in ("title", "submit", "close", "blocks")},
    )


def state_values(view: Json, values: dict[str, str]) -> tuple[Json, dict[str, str]]:
    """(state.values as Slack sends them, what the client itself would refuse by block_id).

    `values` names fields by block_id or action_id; a field that is left out keeps its initial value.
    """
    state: Json = {}
    wrong: dict[str, str] = {}
    for found in inputs(view):
        typed = values.get(found.name, values.get(found.block_id, values.get(found.action_id)))
        value = _initial(found.element) if typed is None else typed
        problem, said = _said(found, value)
        state.setdefault(found.block_id, {})[found.action_id] = said
        if problem:
            wrong[found.block_id] = problem
    return state, wrong


def action_of(view: Json, name: str, state: Json) -> Json | None:
    """What a block_actions payload says about a field that was changed; None where the app does not hear of it."""
    found = next((one for one in inputs(view) if one.name == name and one.dispatches), None)
    if found is None:
        return None
    said = state.get(found.block_id, {}).get(found.action_id, {})
    return {"action_id": found.action_id, "block_id": found.block_id, **said}


def _inputs(block: Json) -> Iterator[Input]:
    block_id = str(block.get("block_id", ""))
    if block.get("type") == "input":
        elements, label, optional = (
            [block.get("element") or {}],
            _label(block.get("label")),
            bool(block.get("optional")),
        )
    elif block.get("type") in {"section", "actions"}:
        accessory = [block["accessory"]] if "accessory" in block else []
        elements, label, optional = block.get("elements") or accessory, _label(block.get("text")), True
    else:
        return
    fillable = [element for element in elements if element.get("type") in FILLABLE]
    for element in fillable:
        action_id = str(element.get("action_id", ""))
        yield Input(
            name=block_id if len(fillable) == 1 else action_id,
            block_id=block_id,
            action_id=action_id,
            label=label or _label(element.get("placeholder")) or action_id,
            element=element,
            optional=optional,
            dispatches=block.get("type") != "input" or bool(block.get("dispatch_action")),
        )


def _field(found: Input) -> Field:
    options = tuple(_label(option.get("text")) for option in _options(found.element))
    return Field(
        name=found.name,
        label=found.label,
        value=_initial(found.element),
        multiline=bool(found.element.get("multiline")),
        options=options,
        files=int(found.element.get("max_files") or FILES_MAX) if found.kind == FILES else 0,
        live=found.dispatches and found.kind not in TEXTS,
    )


def _label(text: Any) -> str:
    return unescape(str(text.get("text", ""))) if isinstance(text, dict) else ""


def _options(element: Json) -> list[Json]:
    grouped = [option for group in element.get("option_groups") or [] for option in group.get("options", [])]
    return list(element.get("options") or []) + grouped


def _initial(element: Json) -> str:
    kind = element.get("type")
    if kind in ONE_OF:
        return _label((element.get("initial_option") or {}).get("text"))
    if kind in SOME_OF:
        return ", ".join(_label(option.get("text")) for option in element.get("initial_options") or [])
    if kind == FILES:
        return ""
    if kind in PICKED_MANY:
        return ", ".join(element.get(PICKED_MANY[str(kind)][0]) or [])
    name = PICKED[str(kind)][0] if kind in PICKED else "initial_value"
    return str(element.get(name) or "")


def _said(found: Input, value: str) -> tuple[str, Json]:
    """(what is wrong with the value, what the state says)."""
    body: Json = {"type": found.kind}
    missing = "" if value or found.optional else REQUIRED
    if found.kind in ONE_OF:
        option = _chosen(found.element, value)
        return _unknown(value, option) or missing, body | {"selected_option": option}
    if found.kind in SOME_OF:
        names = [name.strip() for name in value.split(",") if name.strip()]
        chosen = [(name, _chosen(found.element, name)) for name in names]
        problem = next((_unknown(name, option) for name, option in chosen if option is None), "")
        return problem or missing, body | {"selected_options": [option for _, option in chosen if option]}
    if found.kind == FILES:
        most = int(found.element.get("max_files") or FILES_MAX)
        many = f"Please add at most {most} files." if len(value.split()) > most else ""
        return many or missing, body | {"files": value.split()}
    if found.kind in PICKED:
        return missing, body | {PICKED[found.kind][1]: value or None}
    if found.kind in PICKED_MANY:
        picked = [name.strip() for name in value.split(",") if name.strip()]
        most = int(found.element.get("max_selected_items") or 100)
        many = f"Please choose at most {most}." if len(picked) > most else ""
        return many or missing, body | {PICKED_MANY[found.kind][1]: picked}
    return _length(found, value) or missing, body | {"value": value or None}


def _chosen(element: Json, value: str) -> Json | None:
    return next((o for o in _options(element) if value in {o.get("value"), _label(o.get("text"))}), None)


def _unknown(value: str, option: Json | None) -> str:
    return f"No such option: {value}" if value and option is None else ""


def _length(found: Input, value: str) -> str:
    shortest, longest = found.element.get("min_length"), found.element.get("max_length")
    if value and isinstance(shortest, int) and len(value) < shortest:
        return f"Please enter at least {shortest} characters."
    if isinstance(longest, int) and len(value) > longest:
        return f"Please enter at most {longest} characters."
    if found.kind == "number_input" and value:
        try:
            float(value)
        except ValueError:
            return "Please enter a number."
    return ""
