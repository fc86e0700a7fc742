"""What a worker posts: root messages, threads, progress and videos, each once."""
