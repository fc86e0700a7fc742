"""Discord: commands and buttons in, cards out."""
