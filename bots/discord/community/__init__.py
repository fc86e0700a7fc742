"""The community around the bot: its arrival, the gallery, votes and contests."""
