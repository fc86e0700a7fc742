"""The five providers: one file a vendor, one registry that lists them."""
