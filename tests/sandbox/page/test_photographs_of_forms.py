"""Photographs of every form and of Slack's Home, narrow and wide, light and dark; the same is asserted as of cards."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.async_api import ViewportSize, expect
from slack_bolt.async_app import AsyncAck, AsyncApp

from core.replies.languages.vocabulary import using
from sandbox.app import build
from sandbox.slack import Slack
from sandbox.world import World
from tests.quick import some
from tests.sandbox.conftest import FakeChat, asked
from tests.sandbox.page import every_form
from tests.sandbox.page.looks import problems
from tests.sandbox.page.test_cards import _choose
from tests.sandbox.page.test_photographs import LOOKS, NARROW, TOWNS, WORDS, Opened, _grow, _photograph
from tests.sandbox.page.test_slack_app import Stranger, _go, slack, stranger

pytestmark = pytest.mark.asyncio(loop_scope="module")


HIGH = 1800
"""So that a form has no need to scroll, and one picture has all of it."""


@dataclass(slots=True)
class Shows(Stranger):
    """An app that opens whatever it is to show."""

    view: dict[str, Any] = field(default_factory=dict)

    def register(self, app: AsyncApp) -> None:
        Stranger.register(self, app)
        app.action("home_make")(self.make)

    async def opened(self, event: dict[str, Any]) -> None:
        if event["tab"] == "home":
            await self.web.views_publish(user_id=event["user"], view=every_form.home(TOWNS["slack"]))

    async def make(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        await self.web.views_open(trigger_id=body["trigger_id"], view=self.view)


@pytest.fixture
def sandbox(tmp_path: Path) -> Any:
    """A sandbox whose Slack is the real stand-in, which draws Slack's own forms and places."""
    world = World(home=tmp_path, base_url="http://127.0.0.1:8700", seed=1)
    chat, discord = Slack(world, listen_s=3, share_s=0.05), FakeChat(world, "discord")
    return SimpleNamespace(world=world, slack=chat, discord=discord, app=build(world, [chat, discord], [], asked))


@pytest.mark.parametrize(("viewport", "scheme"), some(LOOKS, of="forms of slack"))
async def test_slacks_home_and_every_form_of_ours_can_be_read(
    opened: Opened, viewport: ViewportSize, scheme: str
) -> None:
    page = await opened(viewport={**viewport, "height": HIGH}, scheme=scheme)
    async with stranger(page, Shows) as app:
        if viewport is NARROW:
            await _choose(page, "slack")
        await _go(page, "Neverdark")
        shown = slack(page).locator(".home-view")
        await expect(shown).to_contain_text("credits left")
        await _grow(page, shown, {**viewport, "height": HIGH})
        await _photograph(slack(page), f"slack-home-{viewport['width']}-{scheme}.png")
        assert await problems(shown) == []
        for name, view in every_form.of_slack():
            app.view = view
            await slack(page).locator(".home-view").get_by_role("button", name="Make a video").first.click()
            dialog = page.get_by_role("dialog").last
            await expect(dialog).to_contain_text(view["title"]["text"])
            await _photograph(dialog, f"slack-form-{name}-{viewport['width']}-{scheme}.png")
            assert await problems(dialog) == [], name
            await dialog.get_by_role("button", name=view["close"]["text"]).first.click()
            await expect(dialog).to_have_count(0)


@pytest.mark.parametrize(("viewport", "scheme"), some(LOOKS, of="forms of discord"))
async def test_every_form_of_discord_can_be_read(
    opened: Opened, sandbox: Any, viewport: ViewportSize, scheme: str
) -> None:
    message = sandbox.discord.post("general", "Neverdark", "A form", bot=True, buttons={"again": "Open it"})
    page = await opened(viewport={**viewport, "height": HIGH}, scheme=scheme)
    if viewport is NARROW:
        await _choose(page, "discord")
    assert message
    with using(WORDS["discord"]):
        forms = list(every_form.of_discord())
    for name, modal in forms:
        sandbox.discord.opens = modal
        await page.locator(".pane.discord").get_by_role("button", name="Open it").click()
        dialog = page.get_by_role("dialog").last
        await expect(dialog).to_contain_text(modal.title)
        await _photograph(dialog, f"discord-form-{name}-{viewport['width']}-{scheme}.png")
        assert await problems(dialog) == [], name
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
