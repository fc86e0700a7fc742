"""Rows of `attempts` as the values that the rest works with."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import asyncpg

from core.db.errors import UnreadableError
from core.db.generations.not_accepted import refusal_from
from core.domain.errors import ErrorClass
from core.domain.generations.generation import Attempt, AttemptState
from core.domain.generations.passed_over import passed_from
from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import GenerationId, ProviderName, RouteKey
from core.domain.requests.pricing import Fitted, Rounded, Rounding
from core.domain.requests.request import Aspect

COLUMNS = (
    *("generation_id", "n", "route", "provider", "model", "external_id", "fitted", "state", "provider_task_id"),
    *("intended_at", "send_deadline", "accepted_at", "deadline_at", "watch_until", "ended_at", "fence", "polls"),
    *("progress", "result", "error_class", "error_detail", "epoch", "is_probe", "is_hedge", "failures", "refusal"),
    *("missing_since", "missing_polls", "passed", "running_at"),
)
"""The columns of `attempts` that an `Attempt` is read from, for every query that reads one."""


def fitted_from(data: Mapping[str, Any]) -> Fitted:
    return Fitted(
        duration_s=data["duration_s"],
        lines=data["lines"],
        aspect=Aspect(data["aspect"]),
        audio=data["audio"],
        roundings=tuple(Rounding(what=Rounded(r["what"]), asked=r["asked"], got=r["got"]) for r in data["roundings"]),
        framed=data.get("framed", False),
    )


@lru_cache(maxsize=1024)
def _fitted_of(text: str) -> Fitted:
    """The same from JSON. Of thousands of polls, few are about something that has never been asked for before."""
    return fitted_from(json.loads(text))


def attempt_from(row: asyncpg.Record | Mapping[str, Any]) -> Attempt:
    """The row as the value that the rest works with.

    Raises:
        UnreadableError: it holds a word that this version does not know.
    """
    try:
        return _attempt_from(row)
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableError(f"attempt {row['n']} of {row['generation_id']}: {error}") from error


def _attempt_from(row: asyncpg.Record | Mapping[str, Any]) -> Attempt:
    return Attempt(
        generation_id=GenerationId(row["generation_id"]),
        n=row["n"],
        route=RouteKey(row["route"]),
        provider=ProviderName(row["provider"]),
        model=row["model"],
        external_id=row["external_id"],
        fitted=_fitted_of(fitted) if isinstance(fitted := row["fitted"], str) else fitted_from(fitted),
        state=AttemptState(row["state"]),
        provider_task_id=row["provider_task_id"],
        intended_at=row["intended_at"],
        send_deadline=row["send_deadline"],
        accepted_at=row["accepted_at"],
        deadline_at=row["deadline_at"],
        watch_until=row["watch_until"],
        ended_at=row["ended_at"],
        fence=row["fence"],
        polls=row["polls"],
        progress=row["progress"],
        result=RemoteClip.from_json(row["result"]) if row["result"] is not None else None,
        error_class=ErrorClass(row["error_class"]) if row["error_class"] else None,
        error_detail=row["error_detail"],
        epoch=row["epoch"],
        is_probe=row["is_probe"],
        is_hedge=row["is_hedge"],
        failures=row["failures"],
        refusal=refusal_from(row["refusal"]),
        missing_since=row["missing_since"],
        missing_polls=row["missing_polls"],
        running_at=row["running_at"],
        claimed_at=row.get("claimed_at"),
        passed=passed_from(row["passed"]) if row["passed"] else (),
    )
