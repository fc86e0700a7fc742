"""The steps of a generation: start, watch, store, deliver. Any of them may run twice."""
