"""The inputs of a modal as Slack's blocks."""

from collections.abc import Mapping

from bots.slack.requests.form_memory import Block
from core.replies.chat.words import cut
from core.replies.languages.say import say

CHANGED = "form_"
"""The prefix of the ids of inputs that change the price."""
INPUT_MAX = 3000
"""Characters. One input takes no more (2026-11-22); a longer description has two."""
OPTION_MAX = 75
HINT_MAX = 150


def input_block(
    name: str, label: str, element: Block, *, optional: bool = False, dispatches: bool = False, hint: str = ""
) -> Block:
    """One input. `dispatches`: Slack tells us of each change at once."""
    return {
        "type": "input",
        "block_id": name,
        "label": plain(label),
        "element": element,
        "optional": optional,
        "dispatch_action": dispatches,
        **({"hint": plain(cut(hint, HINT_MAX))} if hint else {}),
    }


def select(name: str, label: str, options: Mapping[str, str], chosen: str) -> Block:
    """A menu. `options`: the text of each value; the first one holds where `chosen` is none of them."""
    drawn = [{"text": plain(cut(say(text), OPTION_MAX)), "value": value} for value, text in options.items()]
    element = {
        "type": "static_select",
        "action_id": f"{CHANGED}{name}",
        "options": drawn,
        "initial_option": next((one for one in drawn if one["value"] == chosen), drawn[0]),
    }
    return input_block(name, label, element, dispatches=True)


def plain(text: str) -> Block:
    """Text without any markup."""
    return {"type": "plain_text", "text": text}
