"""The health of routes in Postgres: rows, events, outcomes, and what operators look up."""
