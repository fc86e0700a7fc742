"""What a call to Discord may take: no slow answer, and no wait that was given up, holds up the calls behind it."""

import asyncio
from uuid import uuid4

import pytest

from bots.discord.api import errors
from bots.discord.delivery import chat as delivery
from bots.discord.delivery.chat import DiscordChat
from core.domain.chat.chat_errors import ChatUnclear
from core.domain.ids import Thread
from core.replies.chat.card import Card
from tests.bots.discord.test_chat import _open, _thread
from tests.patience import PATIENCE_S, until
from tests.sandbox.discord.harness import Sandbox

POST = "POST /channels/{channel}/messages"


async def _post(chat: DiscordChat, thread: Thread, title: str) -> None:
    await chat.post(thread, Card(title=title), key=uuid4())


def _titles(sandbox: Sandbox) -> list[str]:
    return [message["text"].splitlines()[0] for message in _thread(sandbox)]


async def test_a_call_that_hangs_is_given_up_and_the_next_one_of_its_channel_goes_through(
    sandbox: Sandbox, chat: DiscordChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = await _open(chat)
    sandbox.platform.faults.add(POST, "hang", times=1)
    with monkeypatch.context() as soon:
        soon.setattr(errors, "CALL_S", 0.2)
        with pytest.raises(ChatUnclear, match=r"^TimeoutError$"):
            await _post(chat, opened.thread, "the first")
    await _post(chat, opened.thread, "the second")
    assert _titles(sandbox) == ["the second"]


async def test_a_global_limit_whose_wait_was_cancelled_does_not_shut_discord_out_for_ever(
    sandbox: Sandbox, chat: DiscordChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """discord.py itself would open its gate only at the end of the wait that was cancelled."""
    monkeypatch.setattr(delivery, "WORKER_WAITS_S", 1.0)
    opened = await _open(chat)
    order = sandbox.platform.faults.add(POST, "global", times=1, retry_after="0.9")
    posting = asyncio.create_task(_post(chat, opened.thread, "the first"))
    gate = chat._client.http._global_over
    await until(lambda: not gate.is_set())
    posting.cancel()
    await asyncio.wait({posting})
    sandbox.platform.faults.lift(order.id)
    async with asyncio.timeout(PATIENCE_S):
        await _post(chat, opened.thread, "the second")
    assert _titles(sandbox) == ["the second"]
