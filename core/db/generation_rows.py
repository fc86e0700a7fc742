"""Rows of `generations` as the values that the rest works with."""

from collections.abc import Mapping
from typing import Any

import asyncpg

from core.domain.errors import ErrorClass
from core.domain.generation import Clip, Generation, Outcome, State
from core.domain.ids import (
    GenerationId,
    Installation,
    MemberId,
    PlatformName,
    ProviderName,
    TeamId,
    Thread,
    UserId,
)
from core.domain.request import Aspect, VideoRequest
from core.domain.tiers import TierName


def request_from(data: Mapping[str, Any]) -> VideoRequest:
    return VideoRequest(**{**data, "tier": TierName(data["tier"]), "aspect": Aspect(data["aspect"])})


def generation_from(row: asyncpg.Record) -> Generation:
    return Generation(
        id=GenerationId(row["id"]),
        team_id=TeamId(row["team_id"]),
        member_id=MemberId(row["member_id"]),
        platform=PlatformName(row["platform"]),
        installation=Installation(row["installation"]),
        user_id=UserId(row["user_id"]) if row["user_id"] is not None else None,
        place=Thread(row["place"]),
        thread=Thread(row["thread"]) if row["thread"] is not None else None,
        request=request_from(row["request"]),
        chain=tuple(ProviderName(name) for name in row["chain"]),
        prices={ProviderName(name): price for name, price in row["prices"].items()},
        state=State(row["state"]),
        outcome=Outcome(row["outcome"]) if row["outcome"] else None,
        error_class=ErrorClass(row["error_class"]) if row["error_class"] else None,
        reason=row["reason"],
        version=row["version"],
        fence=row["fence"],
        claims=row["claims"],
        start_by=row["start_by"],
        window_ends=row["window_ends"],
        cancel_requested_at=row["cancel_requested_at"],
        winner_attempt=row["winner_attempt"],
        consumed=row["consumed"],
        settled=row["settled"],
        clip=Clip(**row["clip"]) if row["clip"] else None,
        created_at=row["created_at"],
        done_at=row["done_at"],
    )
