"""/credits: its words, its answers and its buttons."""
