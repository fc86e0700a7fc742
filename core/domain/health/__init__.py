"""How a route's health moves: a circuit breaker with a score, probes and cooldowns. All of it is pure."""
