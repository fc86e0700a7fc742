"""The bot's features for a Discord community, which other platforms do not have: gallery, contests, shop, greeting."""

from dataclasses import dataclass
from typing import assert_never

import discord
from discord import app_commands

from bots.discord.community.arrival import Arrival
from bots.discord.community.show import Show
from bots.discord.credits.credits import Credits
from bots.discord.credits.shop import Shop
from bots.discord.requests.brought import Brought
from core.replies.chat.community_actions import CommunityAction


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """The handlers of one process."""

    arrival: Arrival
    shop: Shop
    show: Show
    brought: Brought
    credits: Credits

    def register(self, tree: app_commands.CommandTree) -> None:
        """Add the commands."""
        self.credits.register(tree)
        self.shop.register(tree)
        self.show.register(tree)

    async def pressed(self, interaction: discord.Interaction, action: CommunityAction, subject: str) -> None:
        """Do what a button says."""
        match action:
            case CommunityAction.FIRST:
                await self.arrival.first_video(interaction, subject)
            case CommunityAction.PANEL:
                await self.arrival.panel(interaction)
            case CommunityAction.REST:
                await self.brought.pressed(interaction, subject)
            case CommunityAction.BUY:
                await self.shop.show(interaction)
            case CommunityAction.CREDITS:
                await self.credits.chosen(interaction, subject)
            case CommunityAction.VOTE | CommunityAction.WITHDRAW | CommunityAction.ENTER:
                await self.show.pressed(interaction, action, subject)
            case _:
                assert_never(action)

    async def sent(self, interaction: discord.Interaction) -> bool:
        """A form was sent. False: it is none of these forms."""
        return await self.credits.sent(interaction)

    def begin(self) -> None:
        """Start the tasks that run without a person's request."""
        self.shop.begin()

    def end(self) -> None:
        """End these tasks."""
        self.shop.end()
