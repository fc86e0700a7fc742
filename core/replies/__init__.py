"""What we say in chat, as cards with no platform in them."""
