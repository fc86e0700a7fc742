"""Every action has its handler, and a button and a menu's option of it come to the same one."""

import asyncio
from typing import Any

import pytest
from slack_bolt.context.async_context import AsyncBoltContext

from bots.acknowledgement import is_acknowledged
from bots.slack.credits.credits import Credits
from bots.slack.drawing.buttons import choice, value
from bots.slack.generations.actions import Actions
from bots.slack.generations.results import Results
from bots.slack.inbound.guard import _Checked
from bots.slack.inbound.presses import Press, Presses
from bots.slack.requests.forms import Forms
from bots.slack.rules.admin import Admin
from bots.slack.rules.panels import Panels
from core.domain.ids import UserId
from core.replies.chat.card import Action

PARTS = (Actions, Admin, Credits, Forms, Panels, Results)
NAMED = {Action.ANSWER: ":0", Action.CHOOSE: ":fallback=any", Action.RULES: ":words", Action.LATER: ":x-now"}
"""What stands behind the action where a button's id says more."""


def _part(kind: Any) -> Any:
    return object.__new__(kind)


@pytest.mark.parametrize("action", Action)
def test_every_action_has_one_handler(action: Action) -> None:
    assert len([kind for kind in PARTS if action in _part(kind).handlers()]) == 1


class Listening:
    """Does every action by remembering it, and is the Bolt application that it is pressed in."""

    def __init__(self) -> None:
        self.done: list[tuple[Action, str]] = []
        self.heard: list[Any] = []

    def handlers(self) -> dict[Action, Any]:
        return dict.fromkeys(Action, self.do)

    async def do(self, press: Press) -> None:
        self.done.append((press.action, press.subject))

    def action(self, constraint: Any) -> Any:
        return lambda handler: self.heard.append((constraint, handler))

    async def press(self, action_id: str, **more: Any) -> None:
        async def ack() -> None: ...

        (handler,) = [handler for constraint, handler in self.heard if constraint.search(action_id)]
        await handler(ack, None, {"actions": [{"action_id": action_id, **more}]}, None)


@pytest.mark.parametrize("action", Action)
async def test_a_button_and_an_option_do_the_same(action: Action) -> None:
    listening: Any = Listening()
    Presses(listening).register(listening)
    name = NAMED.get(action, "")
    subject = name.removeprefix(":") or "0"
    await listening.press(f"{action.value}{name}", value=value(action, subject))
    await listening.press("more_3", selected_option={"value": choice(action, subject)})
    assert listening.done == [(action, subject)] * 2


class Checking:
    """The guard, whom everybody may pass."""

    async def check(self, context: Any, user: UserId, *, home: str | None) -> None: ...


class Noting(Listening):
    """Remembers whether the person had had the first word."""

    async def do(self, press: Press) -> None:
        self.done.append((press.action, str(is_acknowledged())))


@pytest.mark.parametrize("action", Action)
async def test_whatever_is_pressed_waits_for_a_busy_database_once_slack_has_had_its_answer(action: Action) -> None:
    """The guard's acknowledgement says so for every handler behind it; there is no list to forget one in."""
    name = NAMED.get(action, "")
    subject = name.removeprefix(":") or "0"

    async def press() -> list[tuple[Action, str]]:
        listening: Any = Noting()
        guard: Any = Checking()
        Presses(listening).register(listening)
        action_id = f"{action.value}{name}"
        (handler,) = [handler for constraint, handler in listening.heard if constraint.search(action_id)]
        ack = _Checked(guard, AsyncBoltContext(), UserId("U1"), home=None)
        pressed = {"action_id": action_id, "value": value(action, subject)}
        await handler(ack, None, {"actions": [pressed]}, None)
        done: list[tuple[Action, str]] = listening.done
        return done

    assert await asyncio.create_task(press()) == [(action, "True")]
