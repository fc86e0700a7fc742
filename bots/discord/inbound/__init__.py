"""What is done with an interaction before the handler that it is for."""
