"""Cards about the providers."""
