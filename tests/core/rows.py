"""Generations and attempts as their rows have them, with everything that a test does not care about filled in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from core.db.routing.admission import Applicant
from core.domain.generations.generation import Attempt, AttemptState, Generation, State
from core.domain.generations.remote_clip import RemoteClip
from core.domain.generations.state_reason import NO_REASON, StateReason
from core.domain.health.route_health import AttemptRef
from core.domain.ids import (
    GenerationId,
    Installation,
    MemberId,
    PlatformName,
    ProviderName,
    RouteKey,
    TeamId,
    Thread,
    UserId,
    external_id,
)
from core.domain.requests.pricing import Fitted
from core.domain.requests.request import Aspect, VideoRequest

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ID = GenerationId(UUID("11111111-2222-5333-8444-555555555555"))
RESULT = RemoteClip(url="https://vendor.example/clip.mp4")

_GENERATION = Generation(
    id=ID,
    team_id=TeamId(1),
    member_id=MemberId(1),
    platform=PlatformName("slack"),
    installation=Installation("T1"),
    user_id=UserId("U0ANA"),
    place=Thread("place"),
    thread=Thread("thread"),
    request=VideoRequest(prompt="a red fox in the snow"),
    chain=(ProviderName("veo"), ProviderName("kling")),
    prices={ProviderName("veo"): 480, ProviderName("kling"): 227},
    state=State.RENDERING,
    outcome=None,
    error_class=None,
    reason=NO_REASON,
    version=3,
    fence=2,
    claims=1,
    start_by=NOW + timedelta(minutes=30),
    window_ends=NOW + timedelta(minutes=15),
    cancel_requested_at=None,
    winner_attempt=None,
    consumed=480,
    settled=None,
    clip=None,
    created_at=NOW - timedelta(seconds=20),
    done_at=None,
)

_ATTEMPT = Attempt(
    generation_id=ID,
    n=1,
    route=RouteKey("veo.vertex"),
    provider=ProviderName("veo"),
    model="veo-3.1",
    external_id=external_id(ID, 1),
    fitted=Fitted(duration_s=8, lines=1080, aspect=Aspect.WIDE, audio=True),
    state=AttemptState.ACCEPTED,
    provider_task_id="task",
    intended_at=NOW - timedelta(seconds=15),
    send_deadline=NOW - timedelta(seconds=5),
    accepted_at=NOW - timedelta(seconds=12),
    deadline_at=NOW + timedelta(minutes=5),
    watch_until=None,
    ended_at=None,
    fence=1,
    polls=2,
    progress=None,
    result=None,
    error_class=None,
    error_detail=None,
    epoch=0,
    is_probe=False,
    is_hedge=False,
)


def generation(**changed: Any) -> Generation:
    """A generation; its `reason` as the column has it, or as a value."""
    if isinstance(reason := changed.get("reason"), dict):
        changed["reason"] = StateReason.from_json(reason)
    return replace(_GENERATION, **changed)


def attempt(state: AttemptState, n: int = 1, *, route: str = "veo.vertex", **changed: Any) -> Attempt:
    """One attempt at a route; its provider is what the route's name begins with."""
    named = {"route": RouteKey(route), "provider": ProviderName(route.partition(".")[0])}
    return replace(_ATTEMPT, n=n, state=state, external_id=external_id(ID, n), **{**named, **changed})


def applicant(attempt: AttemptRef) -> Applicant:
    """An attempt that asks to be made, of a generation that nobody has written down."""
    return Applicant(attempt=attempt, team=TeamId(1), member=MemberId(1), asked_at=NOW)
