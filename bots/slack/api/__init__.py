"""Speaking with Slack: its Web API, its errors, its limits, its places, and with whose token."""
