"""The chat platforms, one folder each. No folder imports another."""
