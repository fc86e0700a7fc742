"""How long a test waits for a condition before it fails: a busy machine is no reason to."""

PATIENCE_S = 60.0
