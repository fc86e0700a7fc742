"""What the ledger answers, what a person may ask of it, and what a team reads about its credits."""
