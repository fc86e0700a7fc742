"""The messages about one generation, from the root message to the result."""
