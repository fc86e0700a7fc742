"""The worker: a drain over small steps that move generations forward."""
