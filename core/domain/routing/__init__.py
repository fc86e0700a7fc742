"""Which route a generation tries next: the plan, the queues, the hedged request, and usual times."""
