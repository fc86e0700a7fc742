"""Everything the product decides: the domain, its edges, its use cases and its words."""
