"""Buttons that outlive the process which sent them: what one does is in its id, signed, and read when it is pressed."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import discord
import structlog

from bots.discord.settings import settings
from bots.discord.vocabulary import WORDS
from bots.signing import signer as signer_for
from core.domain.requests.refusals import ForgedButton
from core.domain.signing import Signer
from core.replies.chat.card import Action, Card
from core.replies.chat.community_actions import CommunityAction
from core.replies.languages.say import speak
from core.replies.languages.vocabulary import use
from core.replies.requests.refusals import refused

log = structlog.get_logger()

OURS = r"nd:(?P<words>.*)"
"""Whatever begins like ours is answered, so that a wrong one is never met with silence."""

_KNOWN: dict[str, Action | CommunityAction] = {action.value: action for action in (*Action, *CommunityAction)}


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a button of ours says."""

    action: Action | CommunityAction
    subject: str


MENU = "more"
_A_MENU = re.compile(rf"{MENU}\d+:[^:]*")

OnPress = Callable[[discord.Interaction, Pressed | Card], Awaitable[None]]


@cache
def signer() -> Signer:
    """The same in every process of an installation."""
    return signer_for("discord", token=settings().discord_token)


def custom_id(action: Action | CommunityAction, subject: str, mark: str) -> str:
    """At most 100 characters. `mark` comes last: it tells a message from others about the same generation."""
    return f"nd:{action.value}:{subject}:{signer().sign(action.value, subject)}:{mark}"


def menu_id(number: int, mark: str) -> str:
    """The id of a menu; what was chosen is in the option's value."""
    return f"nd:{MENU}{number}:{mark}"


def choice(action: Action | CommunityAction, subject: str) -> str:
    """The value of an option of a menu: at most 100 characters."""
    return f"{action.value}:{subject}:{signer().sign(action.value, subject)}"


def read(words: str) -> Pressed:
    """What the id of a pressed button says, without its `nd:`.

    Raises:
        ForgedButton
    """
    parts = words.split(":")
    if len(parts) != 4 or parts[0] not in _KNOWN or not signer().knows(parts[2], parts[0], parts[1]):
        raise ForgedButton
    return Pressed(_KNOWN[parts[0]], parts[1])


def item_for(on_press: OnPress) -> type[discord.ui.DynamicItem[Any]]:
    """The item that discord.py calls for every press of a button of ours; a card says why one does nothing."""

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
            use(WORDS)
            speak(str(interaction.locale))
            try:
                what: Pressed | Card = read(_said(interaction, self._words))
            except ForgedButton as refusal:
                log.warning("button.forged", platform="discord", user=str(interaction.user.id))
                what = refused(refusal)
            await on_press(interaction, what)

    return OurItem


def _said(interaction: discord.Interaction, words: str) -> str:
    """What the id of a button says, or the option of a menu that was chosen."""
    if _A_MENU.fullmatch(words) is None:
        return words
    data: dict[str, Any] = dict(interaction.data or {})
    values = data.get("values")
    return f"{values[0]}:" if isinstance(values, list) and values else ""
