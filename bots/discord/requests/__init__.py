"""Asking for a video: the command, the form, context menus, replies and direct messages."""
