"""Pictures in the page: a file picker for the options of a command, and what can be done with a picture in Slack."""

from base64 import b64decode
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from sandbox.platform import CommandHint
from tests.patience import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

Opened = Callable[..., Awaitable[Page]]
DATA = bytes(range(200))
PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
OPTIONS = (
    {"name": "prompt", "description": "What it shows", "choices": [], "required": True},
    {"name": "image", "description": "A picture to begin with", "choices": [], "required": False, "file": True},
    {"name": "last_image", "description": "One to end with", "choices": [], "required": False, "file": True},
)


async def test_a_picked_file_goes_along_under_its_options_name(opened: Opened, sandbox: Any) -> None:
    sandbox.discord.commands = lambda: (CommandHint(command="/video", description="Make a video", options=OPTIONS),)
    page = await opened()
    pane = page.locator(".pane.discord .main")
    await pane.locator("textarea").press_sequentially("/video a fox")
    for option, name in (("image", "day.png"), ("last_image", "a night.png")):
        async with page.expect_file_chooser() as choosing:
            await pane.get_by_role("button", name=f"{option}…", exact=True).click()
        await (await choosing.value).set_files({"name": name, "mimeType": "image/png", "buffer": DATA})
        await expect(pane.get_by_role("button", name=f"{option}: {name}")).to_be_visible()
    await pane.get_by_role("button", name="image: day.png", exact=True).click()
    await expect(pane.get_by_role("button", name="image…", exact=True)).to_be_visible()

    await pane.locator("textarea").press("Enter")

    await expect(pane.locator("textarea")).to_have_value("")
    await expect(page.locator(".pane.discord .thread .message").first).to_be_visible()
    said = (await until(lambda: sandbox.discord.heard))[0][1]
    assert said["text"] == "/video a fox"
    assert list(said["files"]) == ["last_image"], "the first one was taken away again"
    head, _, encoded = said["files"]["last_image"].partition(",")
    assert head == "data:image/png;name=a%20night.png;base64"
    assert b64decode(encoded) == DATA


async def test_a_shortcut_is_offered_on_pictures_alone(opened: Opened, sandbox: Any) -> None:
    picture = {"name": "fox.png", "mimetype": "image/png", "size": 3, "url": PIXEL}
    plain = sandbox.slack.post("general", "ben", "hello")
    shown = sandbox.slack.post("general", "ben", "look", files=[picture])
    page = await opened()
    pane = page.locator(".pane.slack .main")
    await expect(pane.locator(f'[data-id="{plain}"]').get_by_label("Animate this picture")).to_have_count(0)
    message = pane.locator(f'[data-id="{shown}"]')
    await message.hover()
    await message.get_by_label("Animate this picture").click()
    await expect(pane.locator(".busy.on")).to_have_count(0)
    assert await until(lambda: sandbox.slack.heard) == [
        ("shortcut", {"channel": "general", "message": shown, "shortcut": "animate", "user": "ana"})
    ]
