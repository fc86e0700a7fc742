"""The messages to people in chat, as cards that no platform is named in."""
