"""Speaking with Discord: how its library is set up, its errors, its places and its forums."""
