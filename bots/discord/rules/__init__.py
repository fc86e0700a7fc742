"""/settings and /providers: the panels of rules, and what managers look at."""
