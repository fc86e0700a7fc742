"""What vendors did not accept: each refusal beside its attempt, and how many people have met the same lately."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from core.db.pool import Connection, seconds
from core.domain.errors import ProviderError, Refusal, Rule, Subject
from core.domain.generations.generation import Attempt
from core.domain.ids import RouteKey


def refusal_from(data: Mapping[str, Any] | None) -> Refusal | None:
    """What was refused, as it was written down; None where nobody said."""
    if data is None:
        return None
    return Refusal(
        subject=Subject(data["subject"]), rule=Rule(data["rule"]), by_chance=bool(data.get("by_chance", False))
    )


async def explain(conn: Connection, attempt: Attempt, error: ProviderError) -> None:
    """Write down what a vendor's no is about, beside the class of the error."""
    if error.refusal is None and not error.vendor_code and not error.field:
        return
    await conn.execute(
        "UPDATE attempts SET refusal = $3, error_code = nullif($4, ''), error_field = nullif($5, '') "
        "WHERE generation_id = $1 AND n = $2",
        attempt.generation_id,
        attempt.n,
        asdict(error.refusal) if error.refusal is not None else None,
        error.vendor_code,
        error.field,
    )


async def people_not_accepted(conn: Connection, route: RouteKey, *, within_s: float) -> int:
    """How many people have lately been told by this route that their request cannot be accepted."""
    people: int = await conn.fetchval("SELECT people_not_accepted($1, $2)", route, seconds(within_s))
    return people
