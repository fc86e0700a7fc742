"""Cards about a team's credits."""
