"""What a team reads about its credits."""
