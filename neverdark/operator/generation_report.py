"""The report about one generation, for people and as JSON. The prompt is in it only if the operator asks for it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from core.db.generations.generation_details import GenerationDetails, Step
from core.domain.generations.generation import Attempt, State
from core.domain.generations.plan_record import PlanRecord
from core.domain.requests.options import WRITTEN_BY_PEOPLE
from core.domain.requests.pricing import MICROS
from core.replies.chat.words import clock
from neverdark.operator.tables import Column, day_and_time, escaped, moment, say, signed, state, table

ATTEMPTS = (
    Column(title="n", key="n", is_number=True),
    Column(title="route", key="route"),
    Column(title="state", key="state", cell=state),
    Column(title="error", key="error", is_whole=False),
    Column(title="code", key="error_code", is_wide=True),
    Column(title="field", key="error_field", is_wide=True),
    Column(title="intended", key="intended_at", cell=day_and_time),
    Column(title="ran", key="ran"),
    Column(title="polls", key="polls", is_number=True, is_wide=True),
    Column(title="USD", key="usd", cell=lambda usd: "–" if usd is None else f"{usd:.2f}", is_number=True),
    Column(title="vendor's task", key="task", is_wide=True),
)
PLAN = (
    Column(title="", key="place"),
    Column(title="route", key="route"),
    Column(title="why", key="reason", is_whole=False),
    Column(title="when (UTC)", key="when", cell=day_and_time),
)
STEPS = (
    Column(title="when (UTC)", key="at", cell=day_and_time),
    Column(title="step", key="step"),
    Column(title="outcome", key="outcome", cell=state),
    Column(title="facts", key="facts", is_whole=False),
    Column(title="worker", key="worker"),
)
MESSAGES = (
    Column(title="message", key="kind"),
    Column(title="state", key="state", cell=state),
    Column(title="tries", key="tries", is_number=True),
    Column(title="posted (UTC)", key="posted_at", cell=day_and_time),
    Column(title="due (UTC)", key="wake_at", cell=day_and_time),
    Column(title="id", key="message_id", is_wide=True),
)
BOOKINGS = (
    Column(title="when (UTC)", key="at", cell=day_and_time),
    Column(title="booking", key="kind"),
    Column(title="credits", key="delta", cell=signed, is_number=True),
    Column(title="held", key="held_delta", cell=signed, is_number=True),
    Column(title="note", key="note", is_whole=False),
)


def tell(found: GenerationDetails, *, with_prompt: bool) -> None:
    """Print it for a person."""
    _head(found, with_prompt=with_prompt)
    _part("Money", _bookings(found), BOOKINGS, words=_money(found))
    _part("Plan", _plan(found.plan), PLAN, words="The last one that a route was chosen from.")
    _part("Attempts", [_attempt(attempt, found) for attempt in found.attempts], ATTEMPTS)
    _part("Messages", [asdict(message) for message in found.messages], MESSAGES)
    _part("Steps", [_asked(found), *(_step(step) for step in found.steps)], STEPS)


def as_json(found: GenerationDetails, *, with_prompt: bool) -> dict[str, Any]:
    """The same for a program."""
    generation, summary = found.generation, found.summary
    request = asdict(generation.request)
    if not with_prompt:
        request = {name: value for name, value in request.items() if name not in {"prompt", *WRITTEN_BY_PEOPLE}}
    return {
        "id": str(generation.id),
        "team": generation.team_id,
        "member": generation.member_id,
        "platform": generation.platform,
        "installation": generation.installation,
        "state": generation.state.value,
        "outcome": generation.outcome,
        "error": generation.error_class,
        "reason": generation.reason.as_json(),
        "stall": summary.stall,
        "created_at": generation.created_at,
        "start_by": generation.start_by,
        "window_ends": generation.window_ends,
        "done_at": generation.done_at,
        "wake_at": summary.wake_at,
        "worker": summary.worker,
        "claims": generation.claims,
        "fence": generation.fence,
        "cancel_requested_at": generation.cancel_requested_at,
        "request": request,
        "chain": list(generation.chain),
        "prices": dict(generation.prices),
        "consumed": generation.consumed,
        "settled": generation.settled,
        "bookings": _bookings(found),
        "plan": found.plan.as_json() if found.plan else None,
        "winner": generation.winner_attempt,
        "attempts": [_attempt(attempt, found) for attempt in found.attempts],
        "clip": asdict(generation.clip) if generation.clip else None,
        "messages": [asdict(message) for message in found.messages],
        "steps": [asdict(step) for step in found.steps],
    }


def _head(found: GenerationDetails, *, with_prompt: bool) -> None:
    generation, summary, request = found.generation, found.summary, found.generation.request
    say(f"[bold]{generation.id}[/]")
    ended = f", {state(generation.outcome)}" if generation.outcome else ""
    error = f" ({escaped(generation.error_class)})" if generation.error_class else ""
    stuck = f"  [bold red]stuck: {summary.stall}[/]" if summary.stall else ""
    say(f"{state(generation.state.value)}{ended}{error}{stuck}")
    for name, value in (
        ("asked", f"{moment(generation.created_at)} UTC by member {generation.member_id} of team {generation.team_id}"),
        ("in", f"{generation.platform}:{generation.installation}"),
        ("for", f"tier {request.tier}, {request.seconds} s, {request.aspect}; up to {generation.consumed:,} credits"),
        ("chain", " → ".join(generation.chain)),
        ("window", f"to begin by {moment(generation.start_by)}"
                   + (f", to end by {moment(generation.window_ends)}" if generation.window_ends else "")),
        ("now", _now(found)),
        ("prompt", request.prompt if with_prompt else None),
    ):  # fmt: skip
        if value:
            say(f"[dim]{name:<8}[/]{escaped(value)}")


def _now(found: GenerationDetails) -> str | None:
    """The event that it waits for, or the worker that has it."""
    generation, summary = found.generation, found.summary
    if generation.state is State.DONE:
        took_s = (generation.done_at - generation.created_at).total_seconds() if generation.done_at else 0.0
        return f"done at {moment(generation.done_at)}, after {clock(took_s)}"
    who = f"in the hands of {summary.worker}" if summary.worker else "nobody has it"
    when = f"due at {moment(summary.wake_at)}" if summary.wake_at else "it waits for an event"
    waiting = f"; {generation.reason.waiting}" if generation.reason.waiting else ""
    claims = f"; claimed {generation.claims} times without an outcome" if generation.claims > 1 else ""
    return f"{who}, {when}{waiting}{claims}"


def _money(found: GenerationDetails) -> str:
    kept = -sum(booking.delta for booking in found.bookings)
    consumed = found.generation.consumed
    if found.generation.settled is None:
        return f"{consumed:,} credits are held for it."
    return f"{consumed:,} credits were taken, {consumed - kept:,} came back: it cost {kept:,}."


def _part(title: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[Column], *, words: str = "") -> None:
    say()
    say(f"[bold]{title}[/]  {escaped(words)}" if words else f"[bold]{title}[/]")
    if rows:
        table(rows, columns)
    else:
        say("[dim]none[/]")


def _bookings(found: GenerationDetails) -> list[dict[str, Any]]:
    return [{**asdict(booking), "kind": booking.kind.value} for booking in found.bookings]


def _plan(plan: PlanRecord | None) -> list[dict[str, Any]]:
    if plan is None:
        return []
    planned = [
        {"place": f"{n}.", "route": c.route, "reason": f"{c.kind}: {c.reason}", "when": c.ready_at}
        for n, c in enumerate(plan.candidates, start=1)
    ]
    skipped = [
        {"place": "–", "route": s.route, "reason": f"not now: {s.reason}", "when": s.until} for s in plan.skipped
    ]
    return planned + skipped


def _attempt(attempt: Attempt, found: GenerationDetails) -> dict[str, Any]:
    paid = found.paid[attempt.n]
    error = ": ".join(part for part in (attempt.error_class, attempt.error_detail) if part)
    kind = " (probe)" if attempt.is_probe else " (hedge)" if attempt.is_hedge else ""
    return {
        "n": attempt.n,
        "route": attempt.route,
        "model": attempt.model,
        "state": attempt.state.value,
        "error": f"{error}{kind}".strip() or None,
        "error_code": paid.error_code,
        "error_field": paid.error_field,
        "intended_at": attempt.intended_at,
        "accepted_at": attempt.accepted_at,
        "deadline_at": attempt.deadline_at,
        "ended_at": attempt.ended_at,
        "ran": clock(attempt.ran_s) if attempt.ran_s is not None else None,
        "polls": attempt.polls,
        "is_probe": attempt.is_probe,
        "is_hedge": attempt.is_hedge,
        "usd": paid.usd_micros / MICROS if paid.usd_micros is not None else None,
        "settled": paid.settled,
        "task": attempt.provider_task_id,
    }


def _asked(found: GenerationDetails) -> dict[str, Any]:
    return {"at": found.generation.created_at, "step": "ask", "outcome": "queued", "facts": None, "worker": "chat"}


def _step(step: Step) -> dict[str, Any]:
    facts = [f"{name} {value}" for name, value in step.facts.items() if value is not None and value != []]
    if step.wake_at is not None:
        facts.append(f"again at {day_and_time(step.wake_at)}")
    return {
        "at": step.at,
        "step": step.step,
        "outcome": step.outcome,
        "facts": ", ".join(facts),
        "worker": step.worker.rsplit(":", 1)[-1],
    }
