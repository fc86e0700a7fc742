"""Asking for a video: the command, the form, shortcuts, mentions, direct messages and workflows."""
