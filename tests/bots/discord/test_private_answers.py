"""An answer to one person arrives whatever Discord says: in its place, or in the next best way, and there once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from bots.discord.inbound import ways
from tests.bots.conftest import OpenService
from tests.bots.discord.conftest import OpenBot
from tests.patience import until
from tests.sandbox.discord.harness import Sandbox

ANSWER = "PATCH /webhooks/{application}/{token}/messages/@original"
FOLLOW_UP = "POST /webhooks/{application}/{token}"
CALLBACK = "POST /interactions/{interaction}/{token}/callback"
POST = "POST /channels/{channel}/messages"
REFUSALS = ("10008", "10015", "50027", "50035", "50013", "400001", "http_404")
CREDITS, HELP = "credits left", "/video prompt: a red fox in the snow"


@asynccontextmanager
async def _says(sandbox: Sandbox, user: str, text: str) -> AsyncIterator[None]:
    """Somebody types this; nobody waits for what they hear."""
    saying = asyncio.create_task(sandbox.platform.say(channel="general", user=user, text=text))
    yield
    saying.cancel()
    await asyncio.wait({saying})


def _taken(sandbox: Sandbox, words: str) -> list[str]:
    """By which of its routes Discord has taken these words."""
    taken = [each for each in sandbox.platform.exchanges if 200 <= each.status < 300 and words in str(each.request)]
    return [each.path.split("/")[1] + ("/edit" if each.method == "PATCH" else "") for each in taken]


@pytest.mark.parametrize("code", REFUSALS)
async def test_an_answer_that_is_refused_comes_as_a_follow_up_and_else_directly(
    code: str, sandbox: Sandbox, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service), AsyncExitStack() as typing:
        order = sandbox.platform.faults.add(ANSWER, code)
        await typing.enter_async_context(_says(sandbox, "ana", "/credits"))
        await until(lambda: _taken(sandbox, CREDITS) == ["webhooks"])
        sandbox.platform.faults.add(FOLLOW_UP, code)
        await typing.enter_async_context(_says(sandbox, "ben", "/credits"))
        await until(lambda: sandbox.platform.messages("@ben"))
        sandbox.platform.faults.lift(order.id)
    assert _taken(sandbox, CREDITS) == ["webhooks", "channels"]


async def test_a_card_that_is_refused_comes_in_its_place_as_plain_words(
    sandbox: Sandbox, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service), AsyncExitStack() as typing:
        sandbox.platform.faults.add(ANSWER, "50035", times=1)
        await typing.enter_async_context(_says(sandbox, "ana", "/credits"))
        await until(lambda: _taken(sandbox, CREDITS))
    assert _taken(sandbox, CREDITS) == ["webhooks/edit"]


@pytest.mark.parametrize("code", ["drop", "swallow"])
async def test_an_acknowledgement_whose_answer_was_lost_is_followed_by_the_answer_once(
    code: str, sandbox: Sandbox, open_service: OpenService, open_bot: OpenBot
) -> None:
    """Whether it had arrived or not; where Discord takes no answer, it has told the person itself."""
    async with open_service() as video_service, open_bot(video_service), AsyncExitStack() as typing:
        sandbox.platform.faults.add(CALLBACK, code, times=1)
        await typing.enter_async_context(_says(sandbox, "ana", "/video help"))
        await until(lambda: _taken(sandbox, HELP))
        sandbox.platform.faults.add(CALLBACK, "10062", times=1)
        await typing.enter_async_context(_says(sandbox, "ben", "/video help"))
        await typing.enter_async_context(_says(sandbox, "dan", "/credits"))
        await until(lambda: _taken(sandbox, CREDITS))
    assert _taken(sandbox, HELP) == [{"drop": "webhooks/edit", "swallow": "interactions"}[code]]


@pytest.mark.parametrize("code", ["50013", "50001", "10003", "http_404"])
async def test_a_message_that_may_not_be_replied_to_is_answered_directly(
    code: str, sandbox: Sandbox, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service), AsyncExitStack() as typing:
        sandbox.platform.faults.add(POST, code, times=1)
        await typing.enter_async_context(_says(sandbox, "ana", "@Neverdark a red fox"))
        await until(lambda: sandbox.platform.messages("@ana"))


async def test_an_answer_that_nothing_takes_is_an_error_for_the_operator(
    sandbox: Sandbox, open_service: OpenService, open_bot: OpenBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[object] = []
    monkeypatch.setattr(ways.log, "error", lambda event, **facts: lost.append((event, facts)))
    async with open_service() as video_service, open_bot(video_service), AsyncExitStack() as typing:
        for route in (ANSWER, FOLLOW_UP, POST):
            sandbox.platform.faults.add(route, "50007")
        await typing.enter_async_context(_says(sandbox, "ana", "/credits"))
        await until(lambda: lost)
    assert lost == [("answer.lost", {"ways": ["answer", "follow-up", "direct"]})]
