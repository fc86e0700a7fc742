"""What an operator does on the command line: credits, providers, generations."""
