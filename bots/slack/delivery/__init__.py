"""What a worker posts: root messages, progress and videos, each once."""
