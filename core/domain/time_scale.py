"""How durations of the real world become durations here: the one place where `TIME_SCALE` divides or multiplies.

Beside the sandbox, whose vendors are faster than real ones, everything that is measured against them runs faster, too.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TimeScale:
    """The setting `TIME_SCALE`, a number from 0.1 to 1000.

    Args:
        factor: how many times faster than in the real world the vendors are; 1 in production.

    Raises:
        ValueError: the factor is no number above 0.
    """

    factor: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.factor) and self.factor > 0):
            raise ValueError(f"a time scale must be above 0, not {self.factor}")

    def scaled(self, real_s: float) -> float:
        """How long a duration of the real world is here, in seconds."""
        return real_s / self.factor

    def real_s(self, scaled_s: float) -> float:
        """The duration of the real world that a duration here stands for, in seconds."""
        return scaled_s * self.factor

    def rate(self, real_per_s: float) -> float:
        """How often a second something happens here that happens so often in a second of the real world."""
        return real_per_s * self.factor


REAL_TIME = TimeScale()
