"""Descriptions written better by an OpenAI-compatible endpoint; one that is away, slow or odd costs a moment."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from core.domain.requests.drafts import Draft, request_of, with_description
from core.domain.requests.tiers import TierName
from core.prompt_help import PromptHelp
from sandbox.world import FaultKind, World
from sandbox.writing import ADDED, SUBJECT, Writing
from tests.sandbox.vendors.harness import serve

KEY = "sk-secret"


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> World:
    return World(home=tmp_path, base_url="http://127.0.0.1:1")


@pytest_asyncio.fixture
async def helper(world: World) -> AsyncIterator[PromptHelp]:
    async with serve(Starlette(routes=Writing(world).routes())) as address:
        yield PromptHelp(url=f"{address}/writing/v1/", model="m", key=KEY, timeout_s=0.5)


async def test_the_answer_comes_without_its_quotes(helper: PromptHelp) -> None:
    assert await helper.improved("a red fox.") == f"a red fox, {ADDED}"


@pytest.mark.parametrize("kind", [FaultKind.DOWN, FaultKind.SLOW, FaultKind.BROKEN])
async def test_without_a_usable_answer_in_time_there_is_none(
    helper: PromptHelp, world: World, kind: FaultKind, caplog: pytest.LogCaptureFixture
) -> None:
    world.switch(SUBJECT, kind)
    began = time.monotonic()
    assert await helper.improved("zqmarkerzq") is None
    assert time.monotonic() - began < 5
    assert "zqmarkerzq" not in caplog.text
    assert KEY not in repr(helper)


async def test_where_nobody_listens_there_is_none() -> None:
    assert await PromptHelp(url="http://127.0.0.1:1/v1", model="m", timeout_s=0.5).improved("a fox") is None


@given(st.text(min_size=1, max_size=200))
def test_what_was_written_is_a_description_to_the_letter_and_the_options_stay(words: str) -> None:
    draft = with_description(Draft(text="a fox tier:pro seconds:5"), words)
    assert draft.reading.prompt == words
    request = request_of(draft)
    assert (request.tier, request.duration_s, draft.reading.questions) == (TierName.PRO, 5, ())
