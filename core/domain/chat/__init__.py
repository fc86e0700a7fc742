"""Whom we speak with and how often: the person who asks, the addresses that we give out, the pace of a channel."""
