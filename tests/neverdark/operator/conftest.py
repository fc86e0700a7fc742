"""An operator at the keyboard: commands run in this process against a database of the test's own."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
import structlog

from core.db.pool import Connection, open_pool
from core.domain.ids import ChannelId, Installation, PlatformName, Thread, UserId
from core.domain.requests.request import VideoRequest
from core.usecases.requests.submit import VideoCommand, submit
from neverdark.__main__ import main
from neverdark.state import Home
from tests.core.terms import terms
from tests.databases import as_an_administrator

Answer = TypeVar("Answer")
FREE = 1000


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


@dataclass(frozen=True)
class Operator:
    """Runs commands, and looks at the database behind them."""

    run: Callable[..., Done]
    database: str

    def __call__(self, *arguments: str, **values: str) -> Done:
        done = self.run(*arguments, **values)
        assert "Traceback" not in done.stderr
        return done

    def look(self, work: Callable[[Connection], Awaitable[Answer]]) -> Answer:
        async def looked() -> Answer:
            async with open_pool(self.database, size_max=2) as pool, pool.acquire() as conn:
                return await work(conn)

        return asyncio.run(looked())

    def execute(self, statement: str, *values: object) -> None:
        """Arrange something, as an administrator."""

        async def arranged() -> None:
            async with open_pool(as_an_administrator(self.database), size_max=1) as pool:
                await pool.execute(statement, *values)

        asyncio.run(arranged())

    def value(self, query: str, *values: object) -> Any:
        return self.look(lambda conn: conn.fetchval(query, *values))

    def ask(self, event: str = "e1", *, installation: str = "T0123", platform: str = "slack") -> str:
        """Ana asks for a video in a workspace; the generation's id."""

        async def asked() -> str:
            async with open_pool(self.database, size_max=2) as pool:
                order = VideoCommand(
                    platform=PlatformName(platform),
                    installation=Installation(installation),
                    channel=ChannelId("C1"),
                    user=UserId("ana"),
                    event=event,
                    place=Thread("place"),
                    request=VideoRequest(prompt="a red fox"),
                )
                submitted = await submit(order, pool=pool, terms=terms(free_credits=FREE), owner="bot")
                return str(submitted.generation_id)

        return asyncio.run(asked())


@pytest.fixture
def operator(
    home: Home, database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Operator:
    def run(*arguments: str, **values: str) -> Done:
        capsys.readouterr()  # what was said before is no answer of the command
        with monkeypatch.context() as patch:
            for name, value in {"NEVERDARK_HOME": str(home.path), "DATABASE_URL": database, **values}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["neverdark", *arguments])
            with pytest.raises(SystemExit) as ended:
                main()
            structlog.reset_defaults()  # what was set up writes into what is captured here alone
        out, err = capsys.readouterr()
        return Done(int(ended.value.code or 0), out, err)

    return Operator(run=run, database=database)
