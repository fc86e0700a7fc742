"""Teams, members and workspaces in Postgres."""
