"""How vendors' servers are spoken to: bounded in time and bytes, and every failure is a ProviderError."""
