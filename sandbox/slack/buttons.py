"""What a person can press in a message: how each thing is named outside, and what Slack sends when it is used."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.slack.fixtures import Json

MENUS = frozenset({"overflow", "static_select", "radio_buttons"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """One thing to press: a button, or one option of a menu."""

    action_id: str
    block_id: str
    label: str
    element: Json
    option: Json | None = None
    value: str = ""


def presses(blocks: list[Json]) -> list[Press]:
    """Everything in the blocks that can be pressed, in reading order."""
    return [press for block in blocks for element in _elements(block) for press in _presses(block, element)]


def labels(blocks: list[Json]) -> list[tuple[str, str]]:
    """(action, label) of everything that can be pressed.

    The action is the action_id; where several things of one message share it, and for menus, `action_id:value`.
    """
    found = presses(blocks)
    shared = Counter(press.action_id for press in found)
    return [(_name(press, shared), press.label) for press in found]


def pressed(blocks: list[Json], action: str) -> Press | None:
    """The thing that an action names: `action_id:value`, or the first with that action_id."""
    found = presses(blocks)
    shared = Counter(press.action_id for press in found)
    for press in found:
        if action in {_name(press, shared), f"{press.action_id}:{press.value}"}:
            return press
    return next((press for press in found if press.action_id == action), None)


def action_json(press: Press, *, at: str) -> Json:
    """What a block_actions payload says about the thing that was pressed."""
    kind = str(press.element.get("type"))
    body: Json = {"action_id": press.action_id, "block_id": press.block_id, "type": kind, "action_ts": at}
    if press.option is not None:
        return body | {"selected_option": press.option}
    if "text" in press.element:
        body["text"] = press.element["text"]
    if press.value:
        body["value"] = press.value
    return body | {name: press.element[name] for name in ("url", "style") if name in press.element}


def _name(press: Press, shared: Counter[str]) -> str:
    if shared[press.action_id] > 1 or press.option is not None:
        return f"{press.action_id}:{press.value}"
    return press.action_id


def _elements(block: Any) -> Iterator[Json]:
    if not isinstance(block, dict):
        return
    candidates: list[Any] = []
    match block.get("type"):
        case "actions" | "context_actions":
            candidates = block.get("elements") or []
        case "section":
            candidates = [block.get("accessory")]
        case "card":
            candidates = block.get("actions") or []
        case "carousel":
            candidates = [each for card in block.get("elements") or [] for each in _elements(card)]
    yield from (element for element in candidates if isinstance(element, dict))


def _presses(block: Json, element: Json) -> Iterator[Press]:
    action_id, block_id = str(element.get("action_id", "")), str(block.get("block_id", ""))
    kind = element.get("type")
    if kind in {"button", "icon_button", "workflow_button"}:
        label = str((element.get("text") or {}).get("text", ""))
        value = str(element.get("value", ""))
        yield Press(action_id=action_id, block_id=block_id, label=label, element=element, value=value)
    elif kind == "feedback_buttons":
        for name in ("positive_button", "negative_button"):
            half = element.get(name) or {}
            yield Press(
                action_id=action_id,
                block_id=block_id,
                label=str((half.get("text") or {}).get("text", "")),
                element=element | {"text": half.get("text")},
                value=str(half.get("value", "")),
            )
    elif kind in MENUS:
        for option in element.get("options") or []:
            yield Press(
                action_id=action_id,
                block_id=block_id,
                label=str((option.get("text") or {}).get("text", "")),
                element=element,
                option=option,
                value=str(option.get("value", "")),
            )
