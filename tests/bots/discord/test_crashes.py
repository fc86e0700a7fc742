"""A bug in a handler is told to the person, whatever they did; what comes too late is no bug."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

import pytest
from structlog.testing import capture_logs

from bots.discord.drawing.buttons import custom_id
from core.replies.chat.card import Action
from sandbox.platform import Heard
from tests.bots.conftest import OpenService
from tests.bots.discord.conftest import OpenBot
from tests.bots.discord.test_buttons import _post
from tests.patience import until
from tests.sandbox.discord.harness import Sandbox

OURS = "That did not work, and it is my fault"
CALLBACK = "POST /interactions/{interaction}/{token}/callback"


class Bug(Exception):
    """Nobody has thought of this."""


def crash(*_: Any, **__: Any) -> NoReturn:
    raise Bug


async def _command(sandbox: Sandbox) -> Heard:
    return await sandbox.platform.say(channel="general", user="ana", text="/video help")


async def _video(sandbox: Sandbox) -> Heard:
    return await sandbox.platform.say(channel="general", user="ana", text="/video prompt:a red fox")


async def _form(sandbox: Sandbox) -> Heard:
    modal = (await sandbox.platform.say(channel="general", user="ana", text="/video")).modal
    assert modal is not None
    return await sandbox.platform.submit(modal=modal.id, user="ana", values={"prompt": "a red fox"})


async def _press(sandbox: Sandbox) -> Heard:
    action = custom_id(Action.LATER, "x", "m")
    return await sandbox.platform.press(
        channel="general", message=await _post(sandbox, [action]), action=action, user="ana"
    )


@pytest.mark.parametrize("do", [_command, _video, _form, _press])
async def test_a_bug_is_told_to_the_person_alone_and_logged_once(
    do: Callable[[Sandbox], Awaitable[Heard]],
    sandbox: Sandbox,
    open_service: OpenService,
    open_bot: OpenBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        for subject, name in ((video_service, "help"), (video_service, "video"), (video_service.later, "change")):
            monkeypatch.setattr(subject, name, crash)
        with capture_logs() as logged:
            heard = await do(sandbox)
        assert [OURS in each for each in heard.ephemeral] == [True], heard
        assert [each["event"] for each in logged].count("discord.handler_crashed") == 1
        seen = [each["text"] for each in sandbox.platform.messages("general")]
        assert seen in ([], ["Hello"]), "nobody else sees that the bot thinks"


async def test_suggestions_that_come_too_late_are_no_error(
    sandbox: Sandbox, open_service: OpenService, open_bot: OpenBot, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        for code in ("10062", "40060", "drop"):
            sandbox.platform.faults.add(CALLBACK, code, times=1)
            with capture_logs() as logged:
                offered = asyncio.create_task(
                    sandbox.platform.suggest(channel="general", user="ana", text="/video tier:d", option="tier")
                )
                await until(lambda: any(each["event"] == "suggestions.not_shown" for each in logged))
                offered.cancel()
                await asyncio.wait({offered})
        assert not [each for each in caplog.records if each.name == "discord.app_commands.tree"]
