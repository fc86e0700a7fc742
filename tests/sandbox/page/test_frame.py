"""What is around the messages: vendors and trouble, a phone, colours, unread channels, screen readers, the keyboard."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Locator, Page, ViewportSize, expect

from sandbox.world import FaultKind
from tests.patience import until

PHONE: ViewportSize = {"width": 390, "height": 844}

pytestmark = pytest.mark.asyncio(loop_scope="module")

Opened = Callable[..., Awaitable[Page]]


def pane(page: Page, platform: str) -> Locator:
    return page.locator(f".pane.{platform}")


async def test_a_trouble_switch_is_thrown_shown_and_taken_back(opened: Opened, sandbox: Any) -> None:
    page = await opened()
    side = page.locator(".side")
    await side.get_by_role("switch", name="Veo: Down").click()
    await expect(side.get_by_role("switch", name="Veo: Down")).to_be_checked()
    found = await until(sandbox.world.trouble)
    assert [(each.subject, each.kind, each.rate) for each in found] == [("veo", FaultKind.DOWN, 1.0)]

    wan = side.get_by_role("region", name="Wan")
    await wan.get_by_text("More trouble").click()
    await wan.get_by_label("How often").select_option("half the time")
    await wan.get_by_label("How long").select_option("for 5 min")
    await wan.get_by_role("switch", name="Wan: Lost reply").click()
    await expect(wan.get_by_role("button", name="Switch off: Lost reply")).to_contain_text("50 % · 4 min")

    await side.get_by_role("button", name="Switch off: Down").click()
    await expect(side.get_by_role("switch", name="Veo: Down")).not_to_be_checked()
    await side.get_by_role("button", name="Switch all off").click()
    await expect(side.get_by_role("button", name="Switch all off")).to_have_count(0)
    await until(lambda: not sandbox.world.trouble())


async def test_the_vendors_show_their_tasks_and_the_speed_can_be_changed(opened: Opened, sandbox: Any) -> None:
    page = await opened()
    veo = page.get_by_role("region", name="Veo")
    await expect(veo).to_contain_text("1 submit · 7 polls")
    await expect(veo.locator(".tasks li")).to_contain_text("a red fox in the snow")

    await page.get_by_label("Speed").select_option("60×")
    await page.get_by_role("region", name="Discord").get_by_role("button", name="Redeliver last command").click()

    await expect(page.get_by_label("Speed")).to_have_value("60")
    await until(lambda: sandbox.world.factor == 60 and sandbox.discord.heard)
    assert sandbox.discord.heard == [("redeliver", {})]


async def test_on_a_phone_one_thing_is_shown_at_a_time_and_nothing_is_cut_off(opened: Opened, sandbox: Any) -> None:
    sandbox.slack.post("general", "ben", "a" * 300)
    page = await opened(viewport=PHONE)
    await expect(pane(page, "slack")).to_be_visible()
    await expect(pane(page, "discord")).to_be_hidden()
    await expect(page.locator(".side")).to_be_hidden()

    for name, shown in (("Discord", ".pane.discord"), ("Vendors", ".side"), ("Slack", ".pane.slack")):
        await page.locator(".views").get_by_text(name, exact=True).click()
        await expect(page.locator(shown)).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    await page.get_by_label("Channel", exact=True).first.select_option("video")
    await expect(pane(page, "slack").get_by_role("heading", name="video", exact=True)).to_be_visible()


async def test_the_colours_follow_the_system_until_they_are_chosen(opened: Opened) -> None:
    page = await opened(scheme="dark")
    ground = "getComputedStyle(document.querySelector('.discord .main')).backgroundColor"
    assert await page.evaluate(ground) == "rgb(49, 51, 56)"

    await page.get_by_role("button", name="Colours: auto").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert await page.evaluate(ground) == "rgb(255, 255, 255)"

    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-theme", "light")


async def test_a_channel_that_is_not_open_is_marked_when_something_is_said_there(opened: Opened, sandbox: Any) -> None:
    page = await opened()
    sandbox.slack.post("video", "ben", "psst")
    other = pane(page, "slack").locator(".rail").get_by_role("button", name="video")
    await expect(other).to_have_class(re.compile("unread"))

    await other.click()
    await expect(pane(page, "slack")).to_contain_text("psst")
    await expect(other).not_to_have_class(re.compile("unread"))


async def test_a_direct_message_shows_to_the_person_it_is_for(opened: Opened, sandbox: Any) -> None:
    page = await opened()
    sandbox.discord.post("@ben", "Neverdark", "psst", bot=True)
    rail = pane(page, "discord").locator(".rail")
    await pane(page, "discord").locator(".speakers label", has_text="ben").click()
    await rail.get_by_role("button", name="Neverdark").click()
    await expect(pane(page, "discord").locator(".main")).to_contain_text("psst")

    await pane(page, "discord").locator(".speakers label", has_text="ana").click()
    await expect(rail.get_by_role("button", name="Neverdark")).to_have_count(0)
    await expect(pane(page, "discord").locator(".main")).not_to_contain_text("psst")


async def test_new_messages_are_said_to_screen_readers(opened: Opened, sandbox: Any) -> None:
    page = await opened()
    sandbox.discord.post("general", "ben", "good morning")

    await expect(page.get_by_role("log", name="New messages")).to_have_text("Discord, ben: good morning")


async def test_everything_can_be_reached_with_the_tab_key(opened: Opened, sandbox: Any) -> None:
    sandbox.slack.post("general", "Neverdark", "x", bot=True, buttons={"again": "Again"})
    page = await opened()
    await expect(page.get_by_role("button", name="Again")).to_be_visible()
    reached = set()
    for _ in range(60):
        await page.keyboard.press("Tab")
        reached.add(await page.evaluate("document.activeElement.ariaLabel || document.activeElement.textContent"))

    assert {"Again", "Message on Slack", "Message on Discord", "Veo: Down", "Slack: Down"} <= reached
