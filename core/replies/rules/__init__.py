"""What the managers of a workspace read and fill in about its rules."""
