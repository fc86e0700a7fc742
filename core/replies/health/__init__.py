"""What people read about the providers."""
