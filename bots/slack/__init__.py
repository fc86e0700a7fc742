"""The Slack bot: takes commands and presses, and answers with cards."""
