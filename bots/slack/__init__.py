"""Slack: commands and buttons in, cards out."""
