"""The steps of a plan, from the request to the video."""

from dataclasses import dataclass
from enum import StrEnum


class StepState(StrEnum):
    """The state of a step."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step of a plan."""

    title: str
    state: StepState
    details: str = ""
