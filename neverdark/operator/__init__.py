"""The operator's commands: credits, providers, generations, people."""
