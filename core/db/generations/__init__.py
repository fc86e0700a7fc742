"""Generations, attempts and messages in Postgres: claims, transitions, and what operators look up."""
