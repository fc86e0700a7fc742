"""Block Kit's composition objects and elements: buttons, menus and inputs, with their limits."""

from typing import Any

from sandbox.slack.shapes import (
    Check,
    anything,
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

ID = string(255)
PLAIN = "plain_text"

CONFIRM = record(
    {"text": text(300)},
    {
        "title": text(100, PLAIN),
        "confirm": text(30, PLAIN),
        "deny": text(30, PLAIN),
        "style": choice("primary", "danger"),
    },
)
_OPTION_FIELDS = {"value": string(150, low=1), "description": text(75), "url": web_address(3000)}
OPTION = record({"text": text(75), "value": string(150, low=1)}, _OPTION_FIELDS)
PLAIN_OPTION = record({"text": text(75, PLAIN), "value": string(150, low=1)}, _OPTION_FIELDS)
OPTIONS = listing(PLAIN_OPTION, low=1, high=100)
GROUPS = listing(record({"label": text(75, PLAIN), "options": OPTIONS}), low=1, high=100)


def _one_source(value: dict[str, Any]) -> str:
    """A static menu has options or groups of them, and not both."""
    both, neither = "options" in value and "option_groups" in value, not {"options", "option_groups"} & set(value)
    return "must define either `options` or `option_groups`" if both or neither else ""


def one_picture(value: dict[str, Any]) -> str:
    return "" if ("image_url" in value) != ("slack_file" in value) else "must define one of `image_url` or `slack_file`"


PICTURE = {
    "image_url": web_address(3000),
    "slack_file": record({}, {"id": string(255), "url": web_address(3000)}),
}
IMAGE = record({"alt_text": string(2000)}, PICTURE, one_picture)

_ANY = {"action_id": ID, "confirm": CONFIRM, "focus_on_load": flag}
_PLACEHOLDER = {"placeholder": text(150, PLAIN)}
_TYPED_IN = {"dispatch_action_config": anything}

BUTTON = record(
    {"text": text(75, PLAIN)},
    {
        "action_id": ID,
        "url": web_address(3000),
        "value": string(2000),
        "style": choice("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
    },
)
WORKFLOW_BUTTON = record(
    {"text": text(75, PLAIN), "workflow": anything},
    {"action_id": ID, "style": choice("primary", "danger"), "confirm": CONFIRM, "accessibility_label": string(75)},
)
ICON_BUTTON = record(
    {"text": text(75, PLAIN), "icon": choice("trash")},
    {
        "action_id": ID,
        "value": string(2000),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
        "visible_to_user_ids": listing(string(255), high=100),
    },
)
_THUMB = record({"text": text(75, PLAIN), "value": string(2000)}, {"accessibility_label": string(75)})
FEEDBACK = record({"positive_button": _THUMB, "negative_button": _THUMB}, {"action_id": ID})


def _picker(initial: str, kind: Check = ID) -> Check:
    """An element that picks one of something Slack knows."""
    return record(
        {},
        _ANY
        | _PLACEHOLDER
        | {initial: kind, "response_url_enabled": flag, "filter": anything}
        | {
            "default_to_current_conversation": flag,
            "timezone": string(255),
        },
    )


def _pickers(initial: str) -> Check:
    """An element that picks several."""
    return record(
        {},
        _ANY
        | _PLACEHOLDER
        | {
            initial: listing(ID, high=100),
            "max_selected_items": number(1, 100),
            "filter": anything,
            "default_to_current_conversation": flag,
        },
    )


_SOURCE = {"options": OPTIONS, "option_groups": GROUPS}
SELECTS: dict[str, Check] = {
    "static_select": record({}, _ANY | _PLACEHOLDER | _SOURCE | {"initial_option": PLAIN_OPTION}, _one_source),
    "external_select": record(
        {}, _ANY | _PLACEHOLDER | {"initial_option": PLAIN_OPTION, "min_query_length": number(0, 1000)}
    ),
    "users_select": _picker("initial_user"),
    "conversations_select": _picker("initial_conversation"),
    "channels_select": _picker("initial_channel"),
    "multi_static_select": record(
        {},
        _ANY | _PLACEHOLDER | _SOURCE | {"initial_options": OPTIONS, "max_selected_items": number(1, 100)},
        _one_source,
    ),
    "multi_external_select": record(
        {},
        _ANY
        | _PLACEHOLDER
        | {
            "initial_options": OPTIONS,
            "max_selected_items": number(1, 100),
            "min_query_length": number(0, 1000),
        },
    ),
    "multi_users_select": _pickers("initial_users"),
    "multi_conversations_select": _pickers("initial_conversations"),
    "multi_channels_select": _pickers("initial_channels"),
}
PICKS: dict[str, Check] = {
    "datepicker": _picker("initial_date"),
    "timepicker": _picker("initial_time"),
    "datetimepicker": record({}, _ANY | {"initial_date_time": number(0, 9_999_999_999)}),
    "checkboxes": record(
        {"options": listing(OPTION, low=1, high=10)}, _ANY | {"initial_options": listing(OPTION, low=1, high=10)}
    ),
    "radio_buttons": record({"options": listing(OPTION, low=1, high=10)}, _ANY | {"initial_option": OPTION}),
}
BUTTONS: dict[str, Check] = {"button": BUTTON, "workflow_button": WORKFLOW_BUTTON}
OVERFLOW: dict[str, Check] = {
    "overflow": record({"options": listing(PLAIN_OPTION, low=1, high=5)}, {"action_id": ID, "confirm": CONFIRM})
}
_WRITTEN = {"action_id": ID, "focus_on_load": flag} | _PLACEHOLDER | _TYPED_IN
RICH_INPUT: dict[str, Check] = {
    "rich_text_input": record(
        {}, _WRITTEN | {"initial_value": anything, "max_lines": number(1, 1000), "min_lines": number(1, 1000)}
    )
}
INPUTS: dict[str, Check] = {
    "plain_text_input": record(
        {},
        _WRITTEN
        | {
            "initial_value": string(3000),
            "multiline": flag,
            "min_length": number(0, 3000),
            "max_length": number(1, 3000),
        },
    ),
    "number_input": record(
        {"is_decimal_allowed": flag},
        _WRITTEN | {"initial_value": string(100), "min_value": string(100), "max_value": string(100)},
    ),
    "email_text_input": record({}, _WRITTEN | {"initial_value": string(3000)}),
    "url_text_input": record({}, _WRITTEN | {"initial_value": string(3000)}),
    "file_input": record({}, {"action_id": ID, "filetypes": listing(string(50), high=100), "max_files": number(1, 10)}),
}

IN_ACTIONS = typed({**BUTTONS, **SELECTS, **PICKS, **OVERFLOW, **RICH_INPUT})
IN_SECTION = typed({**BUTTONS, **SELECTS, **PICKS, **OVERFLOW, "image": IMAGE})
IN_INPUT = typed({**SELECTS, **PICKS, **INPUTS, **RICH_INPUT})
IN_CONTEXT = typed(
    {
        "image": IMAGE,
        "plain_text": record({"text": string(3000, low=1)}, {"emoji": flag}),
        "mrkdwn": record({"text": string(3000, low=1)}, {"verbatim": flag}),
    }
)
IN_CONTEXT_ACTIONS = typed({"feedback_buttons": FEEDBACK, "icon_button": ICON_BUTTON})
