"""The chat platforms: one folder each, strangers to one another."""
