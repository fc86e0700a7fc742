"""Rows of `generations` as the values that the rest works with."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import asyncpg
import structlog

from core.db.errors import LEAVE_S, UnreadableError
from core.db.pool import Connection, seconds
from core.domain.errors import ErrorClass
from core.domain.generations.generation import Clip, Generation, Outcome, State
from core.domain.generations.state_reason import StateReason
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
from core.domain.requests.fallback import Elsewhere, Fallback
from core.domain.requests.request import Aspect, VideoRequest
from core.domain.requests.tiers import TierName

log = structlog.get_logger()


_REQUEST = tuple(each.name for each in fields(VideoRequest))


def request_from(data: Mapping[str, Any]) -> VideoRequest:
    """The request; what a newer version has put beside it is left alone."""
    known = _known(VideoRequest, data)
    lists = ("without", "excluded", "too_dear")
    providers = {each: tuple(ProviderName(name) for name in known.get(each, ())) for each in lists}
    known["references"] = tuple(known.get("references", ()))
    return VideoRequest(**{**known, "tier": TierName(known["tier"]), "aspect": Aspect(known["aspect"]), **providers})


def request_json(request: VideoRequest) -> dict[str, Any]:
    """The request as its column has it. No field has parts of its own, so they need not be copied as `asdict` would."""
    return {name: getattr(request, name) for name in _REQUEST}


def _known(kind: type[VideoRequest | Clip], data: Mapping[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in data.items() if name in names}


def generation_from(row: asyncpg.Record) -> Generation:
    """The row as the value that the rest works with.

    Raises:
        UnreadableError: it holds a word that this version does not know.
    """
    try:
        return _generation_from(row)
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableError(f"generation {row['id']}: {error}") from error


def _generation_from(row: asyncpg.Record) -> Generation:
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
        reason=StateReason.from_json(row["reason"]),
        version=row["version"],
        fence=row["fence"],
        claims=row["claims"],
        start_by=row["start_by"],
        window_ends=row["window_ends"],
        cancel_requested_at=row["cancel_requested_at"],
        winner_attempt=row["winner_attempt"],
        consumed=row["consumed"],
        settled=row["settled"],
        clip=Clip(**_known(Clip, row["clip"])) if row["clip"] else None,
        created_at=row["created_at"],
        done_at=row["done_at"],
        fallback=Fallback(row["fallback"]),
        elsewhere=Elsewhere(row["elsewhere"]),
        updated_at=row["updated_at"],
        asked_by=row["asked_by"],
        locale=row["locale"],
        place_locale=row["place_locale"],
        hidden_at=row["hidden_at"],
        deleted_at=row["deleted_at"],
        take_of=GenerationId(row["take_of"]) if row["take_of"] is not None else None,
        take=row["take"],
        takes=row["takes"],
        picked_at=row["picked_at"],
        decided_by=MemberId(row["decided_by"]) if row["decided_by"] is not None else None,
    )


async def claimed(conn: Connection, row: asyncpg.Record) -> Generation | None:
    """A claimed row; None where it is of a newer version, whose workers find it as it was and uncounted."""
    try:
        return generation_from(row)
    except UnreadableError as error:
        log.warning("generation.newer", generation_id=str(row["id"]), error=str(error))
        await conn.execute(
            "UPDATE generations SET lease_owner = NULL, lease_until = NULL, claims = greatest(0, claims - 1), "
            "wake_at = nd_now() + $3 WHERE id = $1 AND fence = $2",
            row["id"],
            row["fence"],
            seconds(LEAVE_S),
        )
        return None
