"""Draws the buttons and menus of a card as Block Kit."""

from typing import Any, assert_never

from bots.slack.drawing.buttons import MENU, choice, value
from core.replies.chat.card import MENU_MAX, Action, Button, LinkButton, Menu
from core.replies.chat.words import cut
from core.replies.languages.say import later, say

Block = dict[str, Any]

LABEL_MAX = 75
PLACEHOLDER_MAX = 150
OVERFLOW_MAX = 5
"""Options at most in an overflow menu (three dots); a select takes more, and shows its label."""
_CHOICES = frozenset({Action.CHOOSE, Action.ANSWER, Action.LATER, Action.RULES})
_CONFIRMS = {
    Action.CANCEL: (
        later("Stop this video?"),
        later("If it can still be stopped, all credits come back."),
        later("Stop it"),
        later("Keep going"),
    )
}


def button(part: Button | LinkButton | Menu, number: int) -> Block:
    """One button. `number`: makes its id differ from others in its row."""
    label = {"type": "plain_text", "text": cut(part.label, LABEL_MAX), "emoji": True}
    match part:
        case LinkButton(url=url):
            return {"type": "button", "action_id": f"link_{number}", "text": label, "url": url}
        case Button(action=action, subject=subject):
            # The ids within one block must differ.
            action_id = f"{action.value}:{subject}" if action in _CHOICES else action.value
            drawn: Block = {"type": "button", "action_id": action_id, "text": label, "value": value(action, subject)}
            if part.primary or part.danger:
                drawn["style"] = "primary" if part.primary else "danger"
            if isinstance(action, Action) and action in _CONFIRMS:
                names = ("title", "text", "confirm", "deny")
                drawn["confirm"] = {
                    name: {"type": "plain_text", "text": words}
                    for name, words in zip(names, map(say, _CONFIRMS[action]), strict=True)
                }
            return drawn
        case Menu(choices=choices, picks=picks):
            options = [
                {
                    "text": {"type": "plain_text", "text": cut(each.label, LABEL_MAX), "emoji": True},
                    "value": choice(each.action, each.subject),
                    **({"description": {"type": "plain_text", "text": cut(each.hint, LABEL_MAX)}} if each.hint else {}),
                }
                for each in choices[:MENU_MAX]
            ]
            menu: Block = {"type": "overflow", "action_id": f"{MENU}{number}", "options": options}
            if picks or len(options) > OVERFLOW_MAX:
                placeholder = {"type": "plain_text", "text": cut(part.label, PLACEHOLDER_MAX), "emoji": True}
                menu |= {"type": "static_select", "placeholder": placeholder}
            return menu
        case _:
            assert_never(part)
