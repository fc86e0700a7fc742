"""What a process that takes many commands keeps between them: who writes with whom, and the rules that it has read."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from core.db.errors import statement
from core.db.generations import submissions, takes
from core.db.generations.submissions import Submission, SubmissionAnswer
from core.db.lots import Lots
from core.db.pool import Pool
from core.domain.chat.pacing import Limit
from core.domain.ids import GenerationId, Thread
from core.usecases.requests.rulings import RuleMemory

LimitsOf = Callable[[Thread], tuple[Limit, ...]]
"""The platform's limits that a root message in a place counts against."""


def nothing_counted(_place: Thread) -> tuple[Limit, ...]:
    """Of a root message that somebody else posts, or that its platform does not count."""
    return ()


class Together:
    """Writes what is asked for at the same moment in one workspace with one statement.

    Args:
        wait_s: how long there may be no connection.
        begin_in_s: how long a worker that gets no hint leaves alone what is asked for.
    """

    def __init__(self, pool: Pool, *, wait_s: float, begin_in_s: float = 0.0) -> None:
        self._pool = pool
        self._begin_in_s = begin_in_s
        self._wait_s = wait_s
        self._lots = Lots(self._write)
        self.rules = RuleMemory()

    async def write(self, submission: Submission) -> SubmissionAnswer:
        """Write it down, once for each id however often it is called.

        Raises:
            DatabaseAway
        """
        submission = replace(submission, begin_in_s=self._begin_in_s)
        return await self._lots.ask(submission, among=(submission.platform, submission.installation))

    async def _write(self, lot: Sequence[Submission]) -> Sequence[SubmissionAnswer]:
        async with statement(self._pool, wait_s=self._wait_s) as conn:
            return await submissions.write_all(conn, lot)


async def written(
    submission: Submission, others: Sequence[GenerationId], *, together: Together | None, pool: Pool, wait_s: float
) -> tuple[SubmissionAnswer, int]:
    """Write one video down with its other takes, all or none; and how many of them could be had before a refusal.

    Args:
        together: writes a single one with those that are asked for at the same moment.
        wait_s: how long there may be no connection.

    Raises:
        DatabaseAway
    """
    if together is not None and not others:
        return await together.write(submission), 0
    async with statement(pool, wait_s=wait_s) as conn:
        return await takes.write(conn, submission, others)
