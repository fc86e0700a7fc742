"""Buttons that outlive the process which sent them: what one does is in its id, signed, and read when it is pressed."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import discord
import structlog

from bots.discord.settings import settings
from bots.signing import signer as signer_for
from core.domain.requests.refusals import ForgedButton
from core.domain.signing import Signer
from core.replies.chat.card import Action, Card, CommunityAction
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


OnPress = Callable[[discord.Interaction, Pressed | Card], Awaitable[None]]


@cache
def signer() -> Signer:
    """The same in every process of an installation."""
    return signer_for("discord", token=settings().discord_token)


def custom_id(action: Action | CommunityAction, subject: str, mark: str) -> str:
    """At most 100 characters. `mark` comes last: it tells a message from others about the same generation."""
    return f"nd:{action.value}:{subject}:{signer().sign(action.value, subject)}:{mark}"


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

    class OurItem(discord.ui.DynamicItem[discord.ui.Button[Any]], template=OURS):
        """One button, rebuilt from its id."""

        def __init__(self, item: discord.ui.Button[Any], words: str) -> None:
            super().__init__(item)
            self._words = words

        @classmethod
        async def from_custom_id(
            cls, _interaction: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
        ) -> Self:
            if not isinstance(item, discord.ui.Button):
                raise TypeError("our ids are on buttons")
            return cls(item, match["words"])

        async def callback(self, interaction: discord.Interaction) -> None:
            try:
                what: Pressed | Card = read(self._words)
            except ForgedButton as refusal:
                log.warning("button.forged", platform="discord", user=str(interaction.user.id))
                what = refused(refusal)
            await on_press(interaction, what)

    return OurItem
