"""The ledger in Postgres, and what is read from it."""
