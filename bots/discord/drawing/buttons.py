"""Buttons that work after a restart: a button's signed id says what it does, and is read when it is pressed."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import discord
import structlog

from bots.discord.api.interactions import begin
from bots.discord.settings import settings
from bots.signing import signer as signer_for
from core.domain.requests.refusals import ForgedButton
from core.domain.signing import Signer
from core.replies.chat.card import Action, Card
from core.replies.chat.community_actions import CommunityAction
from core.replies.requests.refusals import refused

log = structlog.get_logger()

OURS = r"nd:(?P<words>.*)"
"""Every id that begins like ours is answered, so a press on a forged button gets an answer, too."""

_KNOWN: dict[str, Action | CommunityAction] = {action.value: action for action in (*Action, *CommunityAction)}


@dataclass(frozen=True, slots=True)
class Pressed:
    """The content of a button's id."""

    action: Action | CommunityAction
    subject: str


MENU = "more"
_A_MENU = re.compile(rf"{MENU}\d+:[^:]*")

OnPress = Callable[[discord.Interaction, Pressed | Card], Awaitable[None]]


@cache
def signer() -> Signer:
    """The signer of button ids; the same in every process of an installation."""
    return signer_for("discord", token=settings().discord_token)


def custom_id(action: Action | CommunityAction, subject: str, mark: str) -> str:
    """The id of a button, at most 100 characters. `mark` comes last: it tells apart messages about one generation."""
    return f"nd:{action.value}:{subject}:{signer().sign(action.value, subject)}:{mark}"


def menu_id(number: int, mark: str) -> str:
    """The id of a menu; the value of the chosen option says what to do."""
    return f"nd:{MENU}{number}:{mark}"


def choice(action: Action | CommunityAction, subject: str) -> str:
    """The value of an option of a menu: at most 100 characters."""
    return f"{action.value}:{subject}:{signer().sign(action.value, subject)}"


def read(words: str) -> Pressed:
    """Read the id of a pressed button, without its `nd:`.

    Raises:
        ForgedButton
    """
    parts = words.split(":")
    if len(parts) != 4 or parts[0] not in _KNOWN or not signer().knows(parts[2], parts[0], parts[1]):
        raise ForgedButton
    return Pressed(_KNOWN[parts[0]], parts[1])


def item_for(on_press: OnPress) -> type[discord.ui.DynamicItem[Any]]:
    """The item that discord.py calls for every press of our buttons; a card explains a button that does nothing."""

    class OurItem(discord.ui.DynamicItem[discord.ui.Item[Any]], template=OURS):
        """One button or menu, rebuilt from its id."""

        def __init__(self, item: discord.ui.Item[Any], words: str) -> None:
            super().__init__(item)
            self._words = words

        @classmethod
        async def from_custom_id(
            cls, _interaction: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
        ) -> Self:
            return cls(item, match["words"])

        async def callback(self, interaction: discord.Interaction) -> None:
            begin(interaction)
            try:
                what: Pressed | Card = read(_said(interaction, self._words))
            except ForgedButton as refusal:
                log.warning("button.forged", platform="discord", user=str(interaction.user.id))
                what = refused(refusal)
            await on_press(interaction, what)

    return OurItem


def _said(interaction: discord.Interaction, words: str) -> str:
    """The content of a button's id, or of the chosen option of a menu."""
    if _A_MENU.fullmatch(words) is None:
        return words
    data: dict[str, Any] = dict(interaction.data or {})
    values = data.get("values")
    return f"{values[0]}:" if isinstance(values, list) and values else ""
