"""The HTTP face: vendors call back, clips are watched by link, chats post their events, shops top teams up."""
