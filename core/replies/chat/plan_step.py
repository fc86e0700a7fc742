"""The steps of a plan: the way from a request to what was asked for."""

from dataclasses import dataclass
from enum import StrEnum


class StepState(StrEnum):
    """How far a step of a plan is."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step of the way to what was asked for."""

    title: str
    state: StepState
    details: str = ""
