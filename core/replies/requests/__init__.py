"""What a person reads who asks: help, and the sentence of every refusal."""
