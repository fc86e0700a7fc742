"""What the end of an attempt says about its route: success, failure, and the transitions that operators see."""

import time
from collections.abc import Iterable
from datetime import datetime

import structlog

from core import metrics
from core.db.generations import not_accepted
from core.db.health import route_health
from core.db.pool import Connection
from core.db.routing import latency
from core.domain.errors import ErrorClass, ProviderError
from core.domain.generations.generation import Attempt, Generation
from core.domain.generations.retry import Stage
from core.domain.health.events import AttemptFacts, AttemptFailed, AttemptSucceeded
from core.domain.health.route_health import AttemptRef, Transition
from core.domain.requests.options import words_of
from core.providers.rejections import without_prompt
from worker import routing_inputs
from worker.context import Context

log = structlog.get_logger()

TOLD_AGAIN_S = 3600.0

_OPERATORS_AFFAIR = frozenset({ErrorClass.AUTH, ErrorClass.QUOTA_EXHAUSTED, ErrorClass.MODEL_GONE})


async def succeeded(conn: Connection, generation: Generation, attempt: Attempt, *, at: datetime, ctx: Context) -> None:
    """The attempt has a video since then."""
    began = attempt.accepted_at or attempt.intended_at
    took_s = (at - began).total_seconds()
    ran_s = ((attempt.running_at or began) - began).total_seconds()  # without the pause before our last poll
    metrics.RENDER_S.labels(attempt.route).observe(took_s)
    expected = await routing_inputs.usual(conn, attempt.route, attempt.fitted, ctx)
    event = AttemptSucceeded(attempt=facts(generation, attempt), slow=ran_s > expected.p95_s, took_s=took_s)
    key = routing_inputs.latency_key(attempt.route, attempt.fitted)
    await latency.add(conn, key, took_s=took_s, epoch=attempt.epoch, config=ctx.latency)
    # Last, because everybody who ends an attempt of this route waits for its row from here to our commit.
    report(await route_health.apply(conn, attempt.route, event, config=ctx.health, actor=ctx.owner))


async def failed(
    conn: Connection,
    generation: Generation,
    attempt: Attempt,
    error: ProviderError,
    *,
    ctx: Context,
    stage: Stage = Stage.RUN,
) -> None:
    """The attempt has none, or none yet at its deadline."""
    people = 0
    if error.error_class is ErrorClass.INVALID_REQUEST:
        window_s = ctx.health.not_accepted_window_s
        people = await not_accepted.people_not_accepted(conn, attempt.route, within_s=window_s)
        _not_accepted(generation, attempt, error, people=people, ctx=ctx)
    event = AttemptFailed(
        attempt=facts(generation, attempt),
        error_class=error.error_class,
        stage=stage,
        retry_after_s=error.retry_after_s,
        people=people,
    )
    transitions = await route_health.apply(conn, attempt.route, event, config=ctx.health, actor=ctx.owner)
    report(transitions)
    if error.error_class in _OPERATORS_AFFAIR:
        log.error("route.needs_operator", route=attempt.route, error=error.error_class, code=error.vendor_code)


def _not_accepted(generation: Generation, attempt: Attempt, error: ProviderError, *, people: int, ctx: Context) -> None:
    """Tell the operator what the vendor does not accept, once an hour for each field, and again when many meet it."""
    request = generation.request
    words = (request.prompt, *words_of(request).values())
    field = without_prompt(error.field, *words)
    key = (attempt.route, error.vendor_code, field, people >= ctx.health.not_accepted_people)
    now = time.monotonic()
    if now - ctx.told.get(key, -TOLD_AGAIN_S) < TOLD_AGAIN_S:
        return
    ctx.told[key] = now
    log.error(
        "route.request_not_accepted",
        route=attempt.route,
        generation_id=str(generation.id),
        code=error.vendor_code,
        field=field,
        vendor_says=without_prompt(error.detail, *words),
        people=people,
    )


def facts(generation: Generation, attempt: Attempt) -> AttemptFacts:
    """What health has to know of an attempt."""
    return AttemptFacts(
        ref=AttemptRef(generation.id, attempt.n),
        epoch=attempt.epoch,
        is_probe=attempt.is_probe,
        member=generation.member_id,
    )


def report(transitions: Iterable[Transition]) -> None:
    """Tell the operator that a route has moved."""
    for transition in transitions:
        log.warning(
            "route.moved",
            route=transition.route,
            was=transition.from_state,
            now=transition.to_state,
            reason=transition.reason,
            evidence=transition.evidence.get("text"),
        )
