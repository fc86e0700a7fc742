"""Media processes: every file of a stranger is opened in a small process of its own, with limits."""
