"""/credits, /credit-settings, and Discord's own shop."""
