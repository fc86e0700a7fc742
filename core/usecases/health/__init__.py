"""What a person may ask about the providers."""
