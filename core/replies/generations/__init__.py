"""What a thread reads about one generation, from the root message to the result."""
