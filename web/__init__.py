"""The HTTP server: callbacks of vendors, links to clips, events of chats, top-ups by shops, status and console."""
