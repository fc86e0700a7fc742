"""Several takes of one description: written together or not at all, and one of them chosen, once."""

from collections.abc import Sequence
from dataclasses import replace

from core.db.generations import submissions
from core.db.generations.deliveries import key_of
from core.db.generations.generation_rows import generation_from
from core.db.generations.submissions import Submission, SubmissionAnswer, SubmissionStatus
from core.db.pool import Connection
from core.domain.chat.delivery import Kind
from core.domain.generations.generation import Generation
from core.domain.ids import GenerationId
from core.domain.rules.kinds import RuleKind

WRITTEN = frozenset({SubmissionStatus.OK, SubmissionStatus.ASKING})


class _NotAll(Exception):
    """One of them cannot be had: none is."""

    def __init__(self, answer: SubmissionAnswer, before: int) -> None:
        self.answer, self.before = answer, before


async def write(
    conn: Connection, submission: Submission, others: Sequence[GenerationId]
) -> tuple[SubmissionAnswer, int]:
    """Write the first take and the others down, in one transaction; each is consumed for exactly once.

    Returns the first one's answer, or that of the one that could not be had, and how many would have come before it.
    """
    if not others:
        return await submissions.write(conn, submission), 0
    try:
        async with conn.transaction():
            first = await submissions.write(conn, submission)
            if first.status not in WRITTEN:
                return first, 0
            await _join(conn, submission.id, submission.id, take=0, takes=len(others) + 1)
            # They are one request: the pause between two is not between its takes, and it is under way once.
            limits = dict(submission.allowance.limits)
            for kind in (RuleKind.WAIT_S, RuleKind.OPEN_MOST):
                limits.pop(kind, None)
            allowance = replace(submission.allowance, limits=limits)
            for take, other in enumerate(others, 1):
                answer = await submissions.write(conn, replace(submission, id=other, allowance=allowance))
                if answer.status not in WRITTEN:
                    raise _NotAll(answer, take)
                await _join(conn, other, submission.id, take=take, takes=len(others) + 1)
            return first, 0
    except _NotAll as error:
        return error.answer, error.before


async def _join(conn: Connection, each: GenerationId, first: GenerationId, *, take: int, takes: int) -> None:
    await conn.execute("SELECT join_take($1, $2, $3, $4)", each, first, take, takes)


async def pick(conn: Connection, generation_id: GenerationId, *, alone: bool) -> bool:
    """Choose one; with `alone` the others stay as links. False: one was chosen before."""
    done: bool = await conn.fetchval(
        "SELECT pick_take($1, $2, $3)", generation_id, key_of(generation_id, Kind.PICK), alone
    )
    return done


async def of(conn: Connection, first: GenerationId) -> list[Generation]:
    """All takes, in order."""
    rows = await conn.fetch("SELECT * FROM generations WHERE take_of = $1 ORDER BY take", first)
    return [generation_from(row) for row in rows]
