"""Explains why Discord ended a gateway connection for good, and what the operator can do: reconnecting does not help.

After all other closes, discord.py resumes or identifies again by itself.
"""

import discord

from core.settings import SettingsError

_BUG = "This is a fault of Neverdark or of its libraries: update, and report it if it stays."
FATAL = {
    4004: "DISCORD_TOKEN is refused by Discord: it wants the bot's current token.",
    4010: "Discord calls this shard invalid (4010): see that DISCORD_SHARDS and DISCORD_SHARD_COUNT belong together.",
    4011: (
        "The bot is in more servers than its shards may serve, 2,500 each (4011): raise DISCORD_SHARD_COUNT, "
        "the same in every process, or leave it empty where there is one process."
    ),
    4012: f"Discord does not serve this version of its gateway any more (4012). {_BUG}",
    4013: f"Discord calls the bot's intents invalid (4013). {_BUG}",
    4014: (
        "Discord does not allow this bot its intents (4014): in the developer portal, below Bot, see that the "
        "application is not suspended and that its privileged intents are as they were; Neverdark needs none of them."
    ),
}


def reason(error: BaseException) -> SettingsError | None:
    """The sentence for a final close; None for any other one."""
    if isinstance(error, discord.PrivilegedIntentsRequired):
        return SettingsError(FATAL[4014])
    if isinstance(error, discord.LoginFailure) or isinstance(error.__cause__, discord.LoginFailure):
        return SettingsError(FATAL[4004])
    if isinstance(error, discord.ConnectionClosed) and error.code in FATAL:
        return SettingsError(FATAL[error.code])
    return None
