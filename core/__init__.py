"""The product without its entry points: the domain, the edges, the use cases and the messages."""
