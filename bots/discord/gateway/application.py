"""Finds the id of the bot's application: Discord tells it in exchange for the bot's token."""

import discord

from bots.discord.api.errors import Asked, translated
from bots.discord.api.wire import prepare
from bots.discord.gateway.closes import reason
from bots.discord.settings import settings
from core.domain.chat.chat_errors import ChatError
from core.settings import SettingsError


async def application_id() -> int:
    """The application's id, which invitations contain.

    Raises:
        SettingsError: there is no token, or it is refused.
        ConnectionError: Discord does not answer.
    """
    known = settings()
    if known.discord_token is None:
        raise SettingsError("DISCORD_TOKEN is not set; the address has the application's id in it.")
    prepare(known)
    async with discord.Client(intents=discord.Intents.none()) as client:
        try:
            async with translated(Asked.READ):
                await client.login(known.discord_token.get_secret_value())
        except ChatError as error:
            raise reason(error) or ConnectionError(type(error).__name__) from error
        return client.application_id or 0
