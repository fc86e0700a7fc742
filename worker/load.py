"""How busy this process is: the pauses between polls follow it."""

import time

from core.domain.generations.polling import LOAD_START, load_after

MEASURE_OVER_S = 1.0
"""Over how long it is measured how busy the process is."""


class ProcessLoad:
    """How near this process is to what it can do."""

    def __init__(self, *, now: float) -> None:
        self.value = LOAD_START
        self._at, self._cpu_s = now, time.process_time()

    def measure(self, *, lag_s: float, now: float) -> None:
        """Bring it up to date; over less than a second there is nothing to measure."""
        after_s, cpu_s = now - self._at, time.process_time()
        if after_s >= MEASURE_OVER_S:
            busy = (cpu_s - self._cpu_s) / after_s
            self.value = load_after(self.value, lag_s=lag_s, busy=busy, after_s=after_s)
            self._at, self._cpu_s = now, cpu_s
