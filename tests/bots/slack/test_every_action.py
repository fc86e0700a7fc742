"""Every button that a card may have is listened to, by the one handler that it belongs to."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from bots.slack.actions import Actions
from bots.slack.admin import Admin
from bots.slack.credits import Credits
from bots.slack.forms import Forms
from bots.slack.panels import Panels
from bots.slack.results import Results
from core.replies.chat.card import Action

SUBJECTS = {Action.ANSWER: ":0", Action.CHOOSE: ":fallback=any", Action.RULES: ":words", Action.LATER: ":x-now"}
"""What stands behind the action where its id says more."""


class Listeners:
    """What a Bolt application is told to listen to."""

    def __init__(self) -> None:
        self.actions: list[str | re.Pattern[str]] = []

    def action(self, constraint: str | re.Pattern[str]) -> Callable[[Any], None]:
        self.actions.append(constraint)
        return lambda _handler: None

    def __getattr__(self, name: str) -> Callable[..., Callable[[Any], None]]:
        return lambda *_args, **_more: lambda _handler: None


@pytest.mark.parametrize("action", Action)
def test_every_action_has_one_listener(action: Action) -> None:
    app = Listeners()
    for kind in (Actions, Admin, Credits, Forms, Panels, Results):
        listening: Any = object.__new__(kind)
        listening._handler = lambda handle: handle
        listening.register(app)
    pressed = f"{action.value}{SUBJECTS.get(action, '')}"
    heard = [one for one in app.actions if (re.search(one, pressed) if isinstance(one, re.Pattern) else one == pressed)]
    assert len(heard) == 1
