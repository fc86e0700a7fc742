"""What a person asks for, what it becomes at a model, what it costs, and what is refused."""
