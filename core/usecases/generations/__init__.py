"""What may be done to a generation that exists."""
