"""What a route was last chosen from: the column `generations.plan`, as a value that operators are shown.

`transition_generation` in SQL writes the column as it is given; no SQL function reads a key of it. Routing makes the
plan (`core.domain.routing.decisions.Plan`), and never reads it back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from core.domain.ids import RouteKey


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRoute:
    """A route that may be tried.

    Args:
        kind: in what sense: `normal`, `probe` and so on, the word of an `AttemptKind`.
        reason: why it has this place, in words for the operator.
        ready_at: before that it is not tried.
    """

    route: RouteKey
    kind: str
    reason: str
    ready_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedRoute:
    """A route that has no place in the plan.

    Args:
        reason: why not, in words for the operator.
        until: when that changes; None where nobody knows.
    """

    route: RouteKey
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRecord:
    """The whole column.

    Args:
        candidates: in the order in which they would be tried.
        skipped: all other routes of the generation's chain.
    """

    candidates: tuple[PlannedRoute, ...] = ()
    skipped: tuple[SkippedRoute, ...] = ()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The same from the column. Keys of a newer release are passed over: the column is only shown.

        Raises:
            ValueError, KeyError, TypeError: a field is missing, or holds what this release cannot read.
        """
        return cls(
            candidates=tuple(
                PlannedRoute(
                    route=RouteKey(each["route"]),
                    kind=each["kind"],
                    reason=each["reason"],
                    ready_at=datetime.fromisoformat(each["ready_at"]),
                )
                for each in data["candidates"]
            ),
            skipped=tuple(
                SkippedRoute(
                    route=RouteKey(each["route"]),
                    reason=each["reason"],
                    until=datetime.fromisoformat(each["until"]) if each["until"] else None,
                )
                for each in data["skipped"]
            ),
        )

    def as_json(self) -> dict[str, Any]:
        """The column, with every key."""
        return {
            "candidates": [
                {"route": c.route, "kind": c.kind, "reason": c.reason, "ready_at": c.ready_at.isoformat()}
                for c in self.candidates
            ],
            "skipped": [
                {"route": s.route, "reason": s.reason, "until": s.until.isoformat() if s.until else None}
                for s in self.skipped
            ],
        }
