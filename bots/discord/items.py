"""Buttons that outlive the process which sent them: rebuilt from their ids when somebody presses them."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Self

import discord

OnPress = Callable[[discord.Interaction, re.Match[str]], Awaitable[None]]


def item_for(ids: str, on_press: OnPress) -> type[discord.ui.DynamicItem[Any]]:
    """The item that discord.py calls for every press of a button with such an id.

    Args:
        ids: a regular expression for them; its match is given to whoever handles the press.
    """

    class OurItem(discord.ui.DynamicItem[discord.ui.Button[Any]], template=ids):
        """One button, rebuilt from its id."""

        def __init__(self, item: discord.ui.Button[Any], match: re.Match[str]) -> None:
            super().__init__(item)
            self._match = match

        @classmethod
        async def from_custom_id(
            cls, _interaction: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
        ) -> Self:
            if not isinstance(item, discord.ui.Button):
                raise TypeError("our ids are on buttons")
            return cls(item, match)

        async def callback(self, interaction: discord.Interaction) -> None:
            await on_press(interaction, self._match)

    return OurItem
