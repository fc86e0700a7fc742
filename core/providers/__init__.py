"""The five providers: one file for each vendor, and one registry that lists them."""
