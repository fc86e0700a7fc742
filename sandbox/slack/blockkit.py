"""Block Kit's rules for blocks, messages and views: which there are, what they need, and how much of it.

The limits are those that Slack's own type files and documents give (2026-11); what they do not say is taken on trust.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sandbox.slack.elements import (
    BUTTON,
    ICON_BUTTON,
    ID,
    IMAGE,
    IN_ACTIONS,
    IN_CONTEXT,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    PICTURE,
    PLAIN,
    one_picture,
)
from sandbox.slack.fixtures import Json
from sandbox.slack.shapes import (
    Check,
    anything,
    at,
    choice,
    flag,
    listing,
    number,
    record,
    string,
    text,
    typed,
    web_address,
)

MESSAGE_BLOCKS_MAX = 50
VIEW_BLOCKS_MAX = 100
MESSAGE_CHARACTERS_MAX = 13_200
"""All text of a message's blocks together; above it Slack says msg_blocks_too_long (measured by others, 2025-04)."""


def _has_text(value: dict[str, Any]) -> str:
    return "" if value.get("text") or value.get("fields") else "missing required field: text or fields"


_NAMED: dict[str, Check] = {"block_id": ID}
RICH = record({"elements": listing(anything, low=1, high=1000)}, _NAMED)
_RICH_ONLY = typed({"rich_text": RICH})
_CARD = record(
    {},
    _NAMED
    | {
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "hero_image": typed({"image": IMAGE}),
        "icon": typed({"image": IMAGE}),
        "actions": listing(typed({"button": BUTTON, "icon_button": ICON_BUTTON}), high=5),
    },
)
_TASK = record(
    {
        "task_id": string(255, low=1),
        "title": string(3000, low=1),
        "status": choice("pending", "in_progress", "complete", "error"),
    },
    _NAMED
    | {
        "details": _RICH_ONLY,
        "output": _RICH_ONLY,
        "sources": listing(record({"url": web_address(3000), "text": string(3000)}), high=100),
    },
)

COMMON: dict[str, Check] = {
    "section": record(
        {},
        _NAMED
        | {
            "text": text(3000),
            "fields": listing(text(2000), low=1, high=10),
            "accessory": IN_SECTION,
            "expand": flag,
        },
        _has_text,
    ),
    "actions": record({"elements": listing(IN_ACTIONS, low=1, high=25)}, _NAMED),
    "context": record({"elements": listing(IN_CONTEXT, low=1, high=10)}, _NAMED),
    "divider": record({}, _NAMED),
    "header": record({"text": text(150, PLAIN)}, _NAMED),
    "image": record({"alt_text": string(2000, low=1)}, _NAMED | PICTURE | {"title": text(2000, PLAIN)}, one_picture),
    "input": record(
        {"label": text(2000, PLAIN), "element": IN_INPUT},
        _NAMED | {"hint": text(2000, PLAIN), "optional": flag, "dispatch_action": flag},
    ),
    "rich_text": RICH,
    "video": record(
        {
            "title": text(199, PLAIN),
            "video_url": web_address(3000),
            "thumbnail_url": web_address(3000),
            "alt_text": string(2000, low=1),
        },
        _NAMED
        | {
            "title_url": web_address(3000),
            "description": text(200, PLAIN),
            "author_name": string(50),
            "provider_name": string(50),
            "provider_icon_url": web_address(3000),
        },
    ),
}
IN_MESSAGES: dict[str, Check] = COMMON | {
    "markdown": record({"text": string(12_000, low=1)}, _NAMED),
    "context_actions": record({"elements": listing(IN_CONTEXT_ACTIONS, low=1, high=5)}, _NAMED),
    "table": record(
        {"rows": listing(listing(anything, low=1, high=20), low=1, high=100)},
        _NAMED | {"column_settings": listing(anything, high=20)},
    ),
    "data_table": record(
        {"rows": listing(anything, low=1, high=1000), "caption": string(2000)},
        _NAMED | {"page_size": number(1, 100), "row_header_column_index": number(0, 20)},
    ),
    "alert": record({"text": text(3000)}, _NAMED | {"level": choice("default", "info", "warning", "error", "success")}),
    "card": _CARD,
    "carousel": record({"elements": listing(typed({"card": _CARD}), low=1, high=10)}, _NAMED),
    "task_card": _TASK,
    "plan": record({"title": string(3000, low=1)}, _NAMED | {"tasks": listing(typed({"task_card": _TASK}), high=50)}),
    "container": record(
        {"child_blocks": listing(typed(COMMON), low=1, high=10)},
        _NAMED
        | {
            "title": text(150, PLAIN),
            "rich_text_title": _RICH_ONLY,
            "subtitle": text(150),
            "icon": typed({"image": IMAGE}),
            "width": choice("narrow", "standard", "wide", "full"),
            "is_collapsible": flag,
            "default_collapsed": flag,
            "has_header_divider": flag,
        },
    ),
}
_MODAL = record(
    {
        "title": text(24, PLAIN),
        "blocks": listing(typed(COMMON | {"alert": IN_MESSAGES["alert"]}), high=VIEW_BLOCKS_MAX),
    },
    {
        "submit": text(24, PLAIN),
        "close": text(24, PLAIN),
        "private_metadata": string(3000),
        "callback_id": ID,
        "external_id": ID,
        "clear_on_close": flag,
        "notify_on_close": flag,
        "submit_disabled": flag,
    },
)
_HOME = record(
    {"blocks": listing(typed(COMMON | {"alert": IN_MESSAGES["alert"]}), high=VIEW_BLOCKS_MAX)},
    {"private_metadata": string(3000), "callback_id": ID, "external_id": ID},
)


def message_problems(blocks: Any) -> list[str]:
    """What Slack would not accept about a message's blocks; empty if nothing."""
    check = listing(typed(IN_MESSAGES), high=MESSAGE_BLOCKS_MAX)
    return [*check(blocks, "/blocks"), *_clashes(blocks, "/blocks")]


def view_problems(view: Any, *, kind: str) -> list[str]:
    """What Slack would not accept about a view of this kind (modal or home)."""
    found = [*typed({kind: {"modal": _MODAL, "home": _HOME}[kind]})(view, "/view")]
    if isinstance(view, dict) and isinstance(blocks := view.get("blocks"), list):
        found += _clashes(blocks, "/view/blocks")
        asks = any(isinstance(block, dict) and block.get("type") == "input" for block in blocks)
        if kind == "modal" and asks and not view.get("submit"):
            found.append(at("missing required field: submit", "/view"))
    return found


def characters(value: Any) -> int:
    """How much text blocks hold: every `text` that is a string, at any depth."""
    if isinstance(value, list):
        return sum(characters(item) for item in value)
    if isinstance(value, dict):
        own = len(value["text"]) if isinstance(value.get("text"), str) else 0
        return own + sum(characters(item) for item in value.values() if isinstance(item, list | dict))
    return 0


def named_blocks(blocks: list[Json]) -> list[Json]:
    """The blocks with the block_id and action_id that Slack makes up where an app gave none."""
    return [
        {**block, **_named_elements(block, n), "block_id": block.get("block_id") or f"b{n}"}
        for n, block in enumerate(blocks)
    ]


def _named_elements(block: Json, n: int) -> Json:
    named: Json = {}
    for name in ("accessory", "element"):
        if isinstance(element := block.get(name), dict) and element.get("type") != "image":
            named[name] = {**element, "action_id": element.get("action_id") or f"a{n}"}
    if block.get("type") in {"actions", "context_actions"}:
        named["elements"] = [
            {**element, "action_id": element.get("action_id") or f"a{n}_{m}"}
            for m, element in enumerate(block["elements"])
        ]
    return named


def _clashes(blocks: Any, path: str) -> Iterator[str]:
    """Ids that must be unique: block_id in a surface, action_id in a block."""
    known = [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
    ids = Counter(str(block["block_id"]) for block in known if block.get("block_id"))
    yield from (at(f"block_id already exists: {name}", path) for name, times in ids.items() if times > 1)
    for n, block in enumerate(known):
        elements = block.get("elements")
        actions = Counter(
            str(element["action_id"])
            for element in (elements if isinstance(elements, list) else [])
            if isinstance(element, dict) and element.get("action_id")
        )
        for name, times in actions.items():
            if times > 1:
                yield at(f"`action_id` already exists for this block: {name}", f"{path}/{n}/elements")
