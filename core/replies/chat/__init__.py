"""What every card is made of: parts, words, names of people, and how much text has room."""
