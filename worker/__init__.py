"""The worker: a dispatcher over small steps that move generations forward."""
