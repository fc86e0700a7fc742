"""A backup is taken while many videos are made, all of them end, and the backup is restored as docs/backup.md says.

The sandbox goes on all the while, so its threads show what was said after the backup, which the restored database does
not know. The processes are the product's own.
"""

import asyncio
import os
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from core.db.pool import prepare
from neverdark.migrate import migrate
from tests.chaos.crew import Crew
from tests.chaos.people import CHANNELS, PLATFORMS, TIERS, USERS, People, Told, by_number
from tests.chaos.recovery import looking
from tests.chaos.run import Town, Wish, town_of, until_done
from tests.chaos.verdict import NOTHING_TAKEN, judge
from tests.house.schema import program

ROOT = Path(__file__).resolve().parents[2]
BACKUP_AT = 0.25
"""The backup is taken when this share is done: of the rest everything is under way somewhere."""
QUIET_S = 10.0
"""How long a second video has to come once all are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What came of it.

    Args:
        at_backup, at_start: how many were under way when the backup was taken, and after the restore.
        left: how many are under way at the end.
        after_restore: what `neverdark after-restore` has said.
        odd: by number, how many root messages and videos each has, if not one root, or more videos than before.
        wrong: what the ledger and the threads have that nothing explains.
    """

    asked: int
    threads: int
    videos: int
    at_backup: int
    at_start: int
    left: int
    after_restore: str
    odd: dict[int, tuple[int, int]]
    wrong: list[str]

    @property
    def is_clean(self) -> bool:
        tried = self.at_backup > 0 and self.at_start > 0 and self.videos > 0
        return tried and not self.odd and not self.wrong and not self.left and self.threads == self.asked


async def restoring(wish: Wish, home: Path, *, tools: Path | None = None) -> Came:
    """The whole of it. `tools`: the folder of pg_dump and pg_restore, unless they are the embedded ones."""
    async with town_of(wish, home) as town:
        people = People(http=town.http, dice=random.Random(wish.seed))
        backup = home / "neverdark.dump"
        for number in range(1, wish.generations + 1):
            await _asked(people, number)
        await _some_done(town, round(wish.generations * BACKUP_AT), within_s=wish.patience_s)
        await _program(
            tools,
            "pg_dump",
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--file={backup}",
            town.plan.owner_url,
        )
        await town.count()
        at_backup = town.under_way
        await until_done(town, within_s=wish.patience_s)
        await asyncio.sleep(QUIET_S)  # a second vendor's video that comes late is put beside the first one
        before = {number: _videos(roots) for number, roots in by_number(await people.told()).items()}

        # Step by step, as the page has it.
        ours = ("slack", "discord", "web", *town.crew.workers)
        await asyncio.gather(*(town.crew[name].stop() for name in ours))
        await _empty(town.plan.owner_url)
        await _program(
            tools,
            "pg_restore",
            "--no-owner",
            "--no-privileges",
            "--exit-on-error",
            f"--dbname={town.plan.owner_url}",
            str(backup),
        )
        await asyncio.to_thread(migrate, town.plan.owner_url, app_url=town.plan.database_url)
        said = await asyncio.to_thread(_after_restore, town.plan.database_url)
        await town.count()
        at_start = town.under_way
        again = Crew(town.plan, workers=wish.workers, seed=wish.seed, logs=home / "logs")
        try:
            await again.start(*ours)
            await until_done(town, within_s=wish.patience_s)
            await asyncio.sleep(QUIET_S)
            await town.count()
            heard = await people.told()
            told = by_number(heard)
            async with looking(town.plan.database_url) as conn:
                await prepare(conn)
                # Vendors were asked for what the restored database does not know: their tasks are no finding.
                verdict = await judge(conn, heard, {})
        finally:
            await again.stop()
        counts = {number: (len(roots), _videos(roots)) for number, roots in told.items()}
        return Came(
            asked=wish.generations, threads=len(told), videos=sum(videos for _, videos in counts.values()),
            at_backup=at_backup, at_start=at_start, left=town.under_way, after_restore=said,
            # Not what the verdict calls doubled: a second vendor's late video may have come after the backup.
            wrong=[*verdict.lost, *verdict.wrongly_charged, *verdict.stuck],
            odd={
                number: (roots, videos)
                for number, (roots, videos) in counts.items()
                if roots != 1 or videos > max(1, before.get(number, 0))
            },
        )  # fmt: skip


def _videos(roots: list[Told]) -> int:
    return sum(message.files for root in roots for message in root.thread)


async def _asked(people: People, number: int) -> None:
    """Ask on the two platforms in turn, until a bot has taken the command: a queue that is too long is waited for."""
    channel, user, tier = (options[number % len(options)] for options in (CHANNELS, USERS, TIERS))
    said: object = None
    for _ in range(60):
        said = await people.answer(
            PLATFORMS[number % 2], channel, user, f"/video fox number {number:05} {tier}".strip()
        )
        if isinstance(said, list) and not any(NOTHING_TAKEN in sentence for sentence in said):
            return
        await asyncio.sleep(1)
    raise AssertionError(f"number {number} was not taken: {said}")


async def _some_done(town: Town, wanted: int, *, within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while True:
            await town.count()
            if town.accepted - town.under_way >= wanted:
                return
            await asyncio.sleep(0.1)


async def _program(tools: Path | None, name: str, *words: str) -> None:
    process = await asyncio.create_subprocess_exec(
        str(tools / name if tools else program(name)),
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await asyncio.wait_for(process.communicate(), 180)
    assert process.returncode == 0, told.decode()


async def _empty(url: str) -> None:
    """An empty database in place of the one that is lost."""
    parts = urlsplit(url)
    name = parts.path.lstrip("/")
    session = await asyncpg.connect(urlunsplit(parts._replace(path="/postgres")))
    try:
        await session.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await session.execute(f'CREATE DATABASE "{name}"')
    finally:
        await session.close()


def _after_restore(url: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "neverdark", "after-restore"],
        check=False, capture_output=True, text=True, cwd=ROOT, env={**os.environ, "DATABASE_URL": url}, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
