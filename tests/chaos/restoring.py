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

from neverdark.migrate import migrate
from tests.chaos.crew import Crew
from tests.chaos.people import CHANNELS, PLATFORMS, USERS, People, Told, by_number
from tests.chaos.run import Town, Wish, town_of, until_done
from tests.house.schema import program

ROOT = Path(__file__).resolve().parents[2]
BACKUP_AT = 0.25
"""The backup is taken when this share is done: of the rest everything is under way somewhere."""
QUIET_S = 10.0
"""How long a second video would have to come once all are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What came of it.

    Args:
        at_backup, at_start: how many were under way when the backup was taken, and after the restore.
        left: how many are under way at the end.
        after_restore: what `neverdark after-restore` has said.
        odd: by number, how many root messages and videos each has that has not one and at most one.
    """

    asked: int
    threads: int
    videos: int
    at_backup: int
    at_start: int
    left: int
    after_restore: str
    odd: dict[int, tuple[int, int]]

    @property
    def is_clean(self) -> bool:
        tried = self.at_backup > 0 and self.at_start > 0 and self.videos > 0
        return tried and not self.odd and not self.left and self.threads == self.asked


async def restoring(wish: Wish, home: Path) -> Came:
    """The whole of it."""
    async with town_of(wish, home) as town:
        people = People(http=town.http, dice=random.Random(wish.seed))
        backup = home / "neverdark.dump"
        for number in range(1, wish.generations + 1):
            await _asked(people, number)
        await _some_done(town, round(wish.generations * BACKUP_AT), within_s=wish.patience_s)
        await _program("pg_dump", "--format=custom", "--no-owner", f"--file={backup}", town.plan.owner_url)
        await town.count()
        at_backup = town.under_way
        await until_done(town, within_s=wish.patience_s)

        # Step by step, as the page has it.
        ours = ("slack", "discord", "web", *town.crew.workers)
        await asyncio.gather(*(town.crew[name].stop() for name in ours))
        await _empty(town.plan.owner_url)
        await _program("pg_restore", "--no-owner", f"--dbname={town.plan.owner_url}", str(backup))
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
            told = by_number(await people.told())
        finally:
            await again.stop()
        counts = {number: (len(roots), _videos(roots)) for number, roots in told.items()}
        return Came(
            asked=wish.generations, threads=len(told), videos=sum(videos for _, videos in counts.values()),
            at_backup=at_backup, at_start=at_start, left=town.under_way, after_restore=said,
            odd={number: count for number, count in counts.items() if count[0] != 1 or count[1] > 1},
        )  # fmt: skip


def _videos(roots: list[Told]) -> int:
    return sum(message.files for root in roots for message in root.thread)


async def _asked(people: People, number: int) -> None:
    """Ask on the two platforms in turn, until a bot has accepted the command."""
    channel, user = CHANNELS[number % len(CHANNELS)], USERS[number % len(USERS)]
    for _ in range(20):
        if await people.says(PLATFORMS[number % 2], channel, user, f"/video fox number {number:05} tier:draft"):
            return
        await asyncio.sleep(1)
    raise AssertionError(f"number {number} was not taken")


async def _some_done(town: Town, wanted: int, *, within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while True:
            await town.count()
            if town.accepted - town.under_way >= wanted:
                return
            await asyncio.sleep(0.1)


async def _program(name: str, *words: str) -> None:
    process = await asyncio.create_subprocess_exec(
        str(program(name)), *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
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
