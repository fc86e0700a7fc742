"""Whether an installation of an earlier version can be upgraded to this one, and go back.

    make upgrade-check PREVIOUS=v1.2.0

A tag is checked out beside this one, with an installation of its own. Then:

1. A database is made by the earlier version's migrations and brought on by ours: it equals one made by ours alone.
2. The earlier version's own tests of money and engine pass on our schema: its processes may run beside it.
3. A video that one version leaves half done is finished by the other, both ways: the upgrade, and the way back.
"""

import argparse
import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from neverdark import embedded
from neverdark.migrate import migrate
from neverdark.state import Home, open_home
from tests.databases import as_the_product
from tests.house.schema import dump
from tests.upgrade.relay import STATES

ROOT = Path(__file__).resolve().parents[2]
TESTS = ("tests/core/db/credits", "tests/core/usecases/credits", "tests/worker")
"""Money and engine, by the folders that the earlier version has."""
INSTALL_S, TESTS_S, LEG_S = 1200.0, 5400.0, 300.0


class Broken(Exception):
    """The two versions do not go together; the text says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version that can be run: its checkout, and a Python that has what it needs."""

    name: str
    folder: Path
    python: Path

    def run(self, *arguments: str, within_s: float) -> str:
        """Run a module of this version, and give what it said. Raises Broken."""
        environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
        done = subprocess.run(
            [str(self.python), "-m", *arguments],
            cwd=self.folder,
            env=environment | {"PYTHONPATH": str(self.folder), "NEVERDARK_ENV_FILE": os.devnull},
            capture_output=True,
            text=True,
            check=False,
            timeout=within_s,
        )
        if done.returncode != 0:
            raise Broken(f"{self.name}: {' '.join(arguments)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
        return done.stdout


OURS = Version(name="this version", folder=ROOT, python=Path(sys.executable))


@contextlib.contextmanager
def checked_out(previous: str, *, base: Path) -> Iterator[Version]:
    """The earlier version beside this one, for as long as the block lasts."""
    folder = base / "previous"
    _git("worktree", "add", "--detach", "--quiet", str(folder), previous)
    try:
        yield Version(name=previous, folder=folder, python=_installed(folder, base=base))
    finally:
        _git("worktree", "remove", "--force", str(folder))


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=ROOT, check=True, timeout=300)


def _installed(folder: Path, *, base: Path) -> Path:
    """A Python with the earlier version's own dependencies: ours, where its lock file is the same as ours."""
    lock = folder / "requirements.lock"
    if lock.read_bytes() == (ROOT / lock.name).read_bytes():
        return OURS.python
    venv.create(base / "venv", with_pip=True)
    python = base / "venv" / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for what in (["--require-hashes", "-r", str(lock)], ["--no-deps", "--no-build-isolation", "-e", str(folder)]):
        subprocess.run([*pip, *what], check=True, timeout=INSTALL_S)
    return python


@dataclass(frozen=True, slots=True)
class Server:
    """An embedded Postgres, whose databases are made as an upgrade makes them."""

    home: Home

    def address(self, database: str) -> str:
        return embedded.postgres_url(self.home, database=database)

    def upgraded(self, previous: Version) -> None:
        """The database `upgraded`: made by the earlier version's migrations, and brought on by ours."""
        url = self.address("upgraded")
        migrate(url, app_url=as_the_product(url), folder=previous.folder / "migrations")
        migrate(url, app_url=as_the_product(url))

    def copied(self, name: str) -> str:
        """A copy of it, as the product has it."""

        async def copy() -> None:
            admin = await asyncpg.connect(self.address("postgres"))
            try:
                await admin.execute(f"CREATE DATABASE {name} TEMPLATE upgraded STRATEGY file_copy")
            finally:
                await admin.close()

        asyncio.run(copy())
        return as_the_product(self.address(name))


def same_schema(server: Server, previous: Version) -> None:
    """See that an upgraded database is what a new one is. Raises Broken."""
    server.upgraded(previous)
    found = dump(server.address("upgraded"))
    wanted = (ROOT / "migrations" / "schema.sql").read_text()
    if found != wanted:
        edited = " ".join(edited_migrations(previous)) or "none; is schema.sql of `make schema`?"
        raise Broken(
            "a database that was upgraded differs from migrations/schema.sql: a released migration was edited.\n"
            f"Edited since {previous.name}: {edited}"
        )


def edited_migrations(previous: Version) -> list[str]:
    """The migrations that the earlier version has in other words."""
    theirs = sorted((previous.folder / "migrations").glob("0*.sql"))
    ours = ROOT / "migrations"
    return [
        each.name
        for each in theirs
        if not (ours / each.name).exists() or (ours / each.name).read_text() != each.read_text()
    ]


def old_tests(previous: Version, tests: Sequence[str]) -> None:
    """The earlier version's own tests on our schema. Raises Broken."""
    theirs = previous.folder / "migrations"
    shutil.rmtree(theirs)
    shutil.copytree(ROOT / "migrations", theirs)
    there = [test for test in tests if (previous.folder / test.partition("::")[0]).exists()]
    if not there:
        raise Broken(f"{previous.name} has none of the tests {', '.join(tests)}")
    previous.run("pytest", "-q", "-p", "no:cacheprovider", "-x", *there, within_s=TESTS_S)


def relay(server: Server, first: Version, second: Version, state: str, *, clip: Path, folder: Path) -> None:
    """What one version leaves in this state the other one finishes. Raises Broken."""
    folder.mkdir()
    shutil.copy(clip, folder / "clip.mp4")
    dsn = server.copied(f"relay_{folder.name.replace('-', '_')}")
    first.run("tests.upgrade.relay", "leave", state, dsn, str(folder), within_s=LEG_S)
    second.run("tests.upgrade.relay", "take-over", dsn, str(folder), within_s=LEG_S)


def check(previous: str, *, clip: Path, tests: Sequence[str] = TESTS, states: Sequence[str] = STATES) -> None:
    """Everything. Raises Broken."""
    with tempfile.TemporaryDirectory(prefix="nd-upgrade-") as base, checked_out(previous, base=Path(base)) as old:
        # The legs are driven by one script, whichever version it drives: the earlier one may not have it yet.
        (old.folder / "tests" / "upgrade").mkdir(exist_ok=True)
        shutil.copy(ROOT / "tests" / "upgrade" / "relay.py", old.folder / "tests" / "upgrade")
        Path(base).chmod(0o711)  # the embedded Postgres runs as a user of its own where we are root
        home = open_home(Path(base) / "home")
        with embedded.serving(embedded.postgres(home), log=home.run / "postgres.log"):
            server = Server(home)
            same_schema(server, old)
            print("An upgraded database is the same as a new one.", flush=True)
            for state in states:
                relay(server, old, OURS, state, clip=clip, folder=Path(base) / f"up-{state}")
                relay(server, OURS, old, state, clip=clip, folder=Path(base) / f"back-{state}")
                print(f"A video that is {state} is finished by the other version, both ways.", flush=True)
        old_tests(old, tests)
        print(f"The tests of {previous} pass on this schema: {', '.join(tests)}.", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make upgrade-check")
    parser.add_argument("previous", help="a tag, or any other name that git has for a commit")
    previous = parser.parse_args().previous
    with tempfile.TemporaryDirectory(prefix="nd-clip-") as folder:
        from tests.worker.conftest import film

        try:
            check(previous, clip=film(Path(folder) / "clip.mp4", seconds=8))
        except Broken as why:
            sys.exit(f"{why}")


if __name__ == "__main__":
    main()
