"""Finds what a person has typed in a request of any kind, for an answer that gives it back."""

import re
from collections.abc import Mapping
from typing import Any

from bots.slack.api.parse import unescaped

_MENTION = re.compile(r"^\s*<@[UW][A-Z0-9]+(\|[^>]*)?>\s*")
"""The name of the bot, with which a message to it begins."""
MADE_OF = ("prompt", "prompt_2")
"""The fields of a form that have the description."""


def typed_in(body: Mapping[str, Any]) -> str:
    """The words behind a command, those of a message that mentions us, or the description in a form; else nothing."""
    if "command" in body:
        return unescaped(str(body.get("text") or ""))
    if body.get("type") == "view_submission":
        state: Mapping[str, Any] = body["view"].get("state", {}).get("values", {})
        return "\n".join(
            str(value["value"])
            for name in MADE_OF
            for value in state.get(name, {}).values()
            if value.get("type") == "plain_text_input" and value.get("value")
        )
    if body.get("type") == "event_callback":
        event = body.get("event") or {}
        text = str(event.get("text") or "")
        return unescaped(_MENTION.sub("", text) if event.get("type") == "app_mention" else text)
    return ""
