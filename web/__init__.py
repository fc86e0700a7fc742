"""The HTTP face: vendors call back, clips are watched by link, Slack posts its events, shops top teams up."""
