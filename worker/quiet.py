"""Tells a loop that it need not ask the database, because another look has just found nothing for it."""

import time


class Quiet:
    """For how long there is nothing to do. It is over by itself, so a look that is missed delays nothing for long."""

    def __init__(self) -> None:
        self._ends = 0.0

    def lasts(self, for_s: float) -> None:
        """There is nothing to do for so long; zero or less: there is something."""
        self._ends = time.monotonic() + for_s

    def is_on(self) -> bool:
        return time.monotonic() < self._ends
