"""Stand-ins for the outside world: the five vendors, Slack and Discord, and a page to chat in.

Imports nothing of the product, and the product imports nothing of it: the two meet over HTTP and WebSockets only.
"""
