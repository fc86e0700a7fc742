"""The parts of every card: texts, buttons, names of people, and limits of length."""
