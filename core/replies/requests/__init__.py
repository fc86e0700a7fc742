"""Answers to a person who asks for a video: help, questions, and the sentence of every refusal."""
