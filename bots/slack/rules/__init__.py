"""/settings and /providers: the panels of rules, and what the bot lacks in a channel."""
