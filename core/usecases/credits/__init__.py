"""What a person may do with credits."""
