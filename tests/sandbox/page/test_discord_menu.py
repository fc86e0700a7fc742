"""What a person can do with a message of Discord's on the page: answer it, and the apps' commands; and the veil."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Page, ViewportSize, expect

from tests.patience import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

Opened = Callable[..., Awaitable[Page]]
NARROW: ViewportSize = {"width": 390, "height": 844}


async def _message(page: Page, words: str) -> Any:
    if page.viewport_size == NARROW:
        await page.locator(".views").get_by_text("Discord", exact=True).click()
    found = page.locator(".pane.discord .message", has_text=words)
    await expect(found).to_be_visible()
    return found


async def test_a_message_is_answered_with_its_ping(opened: Opened, sandbox: Any) -> None:
    posted = sandbox.discord.post("general", "Neverdark", "Your video is ready", bot=True)
    message = await _message(await opened(), "Your video is ready")
    await message.hover()
    await message.get_by_role("button", name="Reply to Neverdark").click()
    dialog = message.page.get_by_role("dialog", name="Reply to Neverdark")
    await dialog.get_by_label("Your answer").fill("make it night")
    await dialog.get_by_role("button", name="Send").click()
    await expect(dialog).to_have_count(0)
    answer = {"channel": "general", "message": posted, "user": "ana", "text": "make it night"}
    assert await until(lambda: sandbox.discord.heard) == [("reply", answer)]


@pytest.mark.parametrize("viewport", [None, NARROW])
async def test_a_command_of_an_app_is_used_on_a_message(
    opened: Opened, sandbox: Any, viewport: ViewportSize | None
) -> None:
    posted = sandbox.discord.post("general", "ben", "look at this fox")
    page = await (opened() if viewport is None else opened(viewport=viewport))
    message = await _message(page, "look at this fox")
    await message.hover()
    await message.locator("summary").click()
    item = message.get_by_role("menuitem", name="Animate this picture")
    await expect(item).to_be_in_viewport(ratio=1)
    await item.click()
    await expect(item).to_be_hidden()
    used = {"channel": "general", "message": posted, "shortcut": "animate", "user": "ana"}
    assert await until(lambda: sandbox.discord.heard) == [("shortcut", used)]


async def test_a_veiled_video_is_seen_by_whoever_lifts_the_veil(opened: Opened, sandbox: Any, clip: Any) -> None:
    item = {"media": {"url": "attachment://SPOILER_fox.mp4"}, "spoiler": True}
    box = {"type": 17, "components": [{"type": 12, "items": [item]}]}
    files = [{**each, "name": "SPOILER_fox.mp4"} for each in clip]
    raw = {"content": "", "embeds": [], "components": [box], "flags": 1 << 15}
    sandbox.discord.post("general", "Neverdark", "x", bot=True, raw=raw, files=files)
    plain = {"content": "plain", "embeds": [], "components": [], "flags": 0}
    sandbox.discord.post("general", "Neverdark", "plain", bot=True, raw=plain, files=files)
    page = await opened()
    veils = page.locator(".pane.discord .veil")
    await expect(veils).to_have_count(2)
    for number in range(2):
        await expect(veils.nth(number).locator("video")).to_be_hidden()
        await veils.nth(number).get_by_text("Spoiler").click()
        await expect(veils.nth(number).locator("video")).to_be_visible()
