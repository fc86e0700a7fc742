"""The life of one generation: its states, its steps, its retries, and how its tasks are polled."""
