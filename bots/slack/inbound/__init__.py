"""What stands between a request of Slack and the handler that it is for, and the answer to one person."""
