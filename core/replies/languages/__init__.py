"""Which words a person reads: English in the code, other languages in catalogues beside this file."""
