"""Who somebody is in a server of Discord, what they may do there, and what the bot may."""
