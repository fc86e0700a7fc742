"""Every platform does every action that a card may offer: a button without a handler would be met with silence."""

from collections.abc import Callable
from typing import Any

import pytest

from bots.discord.generations.actions import handlers as discord_handlers
from bots.registry import PLATFORMS
from bots.slack.credits.credits import Credits
from bots.slack.generations.actions import Actions
from bots.slack.generations.results import Results
from bots.slack.requests.forms import Forms
from bots.slack.rules.admin import Admin
from bots.slack.rules.panels import Panels
from core.replies.chat.card import Action

UNUSED: Any = None
"""A table names its handlers without calling anything."""


def _slack() -> list[Action]:
    parts: tuple[Any, ...] = (Actions, Admin, Credits, Forms, Panels, Results)
    return [action for kind in parts for action in object.__new__(kind).handlers()]


def _discord() -> list[Action]:
    return list(discord_handlers(UNUSED, UNUSED, UNUSED, UNUSED))


TABLES: dict[str, Callable[[], list[Action]]] = {"slack": _slack, "discord": _discord}


def test_each_platform_has_its_table_here() -> None:
    assert set(TABLES) == set(PLATFORMS)


@pytest.mark.parametrize("platform", TABLES)
def test_every_action_has_exactly_one_handler(platform: str) -> None:
    assert sorted(TABLES[platform]()) == sorted(Action)
