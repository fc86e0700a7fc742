"""How the app comes into a workspace and out of it, and the token that is good there."""
