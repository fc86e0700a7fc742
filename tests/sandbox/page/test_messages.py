"""How the page draws messages: both markups, both kinds of cards, videos; and what stays while something changes."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.quick import some

pytestmark = pytest.mark.asyncio(loop_scope="module")

Opened = Callable[..., Awaitable[Page]]


def pane(page: Page, platform: str) -> Locator:
    return page.locator(f".pane.{platform}")


@pytest.mark.parametrize("platform", some(["slack", "discord"], of="a video loads"))
async def test_a_video_loads_in_its_own_shape_and_plays_on_while_other_messages_change(
    opened: Opened, sandbox: Any, clip: Any, platform: str
) -> None:
    chat = getattr(sandbox, platform)
    before = chat.post("general", "ben", "one")
    chat.post("general", "Neverdark", "here it is", bot=True, files=clip)
    page = await opened()
    video = pane(page, platform).locator("video")
    await expect(video).to_have_js_property("readyState", 4)
    await expect(video).to_have_attribute("preload", "metadata")
    box = await video.bounding_box()
    assert box is not None
    assert box["width"] / box["height"] == pytest.approx(2, abs=0.05)

    await video.evaluate("video => { video.muted = true; video.loop = true; window.kept = video; return video.play() }")
    chat.edit("general", before, "one, edited")
    chat.post("general", "ben", "two")
    await expect(pane(page, platform)).to_contain_text("one, edited")
    await expect(pane(page, platform)).to_contain_text("two")

    assert await video.evaluate("video => video === window.kept && !video.paused")


async def test_an_edit_changes_the_message_in_place_and_keeps_what_is_being_typed(opened: Opened, sandbox: Any) -> None:
    message = sandbox.slack.post("general", "Neverdark", "▰▱▱▱", bot=True)
    page = await opened()
    box = pane(page, "slack").locator(".main textarea")
    await box.press_sequentially("half a sen")
    await pane(page, "slack").locator(".message").evaluate("message => { window.kept = message }")

    sandbox.slack.edit("general", message, "▰▰▰▰")

    await expect(pane(page, "slack").locator(".message")).to_contain_text("▰▰▰▰")
    assert await pane(page, "slack").locator(".message").evaluate("message => message === window.kept")
    await expect(box).to_have_value("half a sen")
    await expect(box).to_be_focused()


async def test_reading_further_up_is_not_disturbed_by_new_messages(opened: Opened, sandbox: Any) -> None:
    for number in range(60):
        sandbox.discord.post("general", "ben", f"line {number}")
    page = await opened()
    messages = pane(page, "discord").locator(".main .list")
    await expect(pane(page, "discord").get_by_text("line 59")).to_be_in_viewport()
    await messages.evaluate("list => { list.scrollTop = 200 }")
    await expect(pane(page, "discord").get_by_role("button", name="Newest")).to_be_visible()

    sandbox.discord.post("general", "ben", "the last line")
    await expect(pane(page, "discord")).to_contain_text("the last line")
    assert await messages.evaluate("list => list.scrollTop") == 200

    await pane(page, "discord").get_by_role("button", name="Newest").click()
    await expect(pane(page, "discord").get_by_text("the last line")).to_be_in_viewport()


async def test_text_that_looks_like_html_stays_text(opened: Opened, sandbox: Any) -> None:
    nasty = "<img src=x onerror=alert(1)> <script>alert(2)</script> [x](javascript:alert(3))"
    escaped = nasty.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    sandbox.slack.post("general", "ben", escaped)
    sandbox.discord.post("general", "ben", nasty)
    page = await opened()

    for platform in ("slack", "discord"):
        await expect(pane(page, platform).locator(".message .text")).to_have_text(nasty)
        await expect(pane(page, platform).locator(".message .text *:not(.lines)")).to_have_count(0)


async def test_both_markups_are_drawn(opened: Opened, sandbox: Any) -> None:
    sandbox.slack.post(
        "general", "ben", "*bold* _it_ ~no~ `code` <@U100> <https://a.example|here> :tada: 2*3*4\n&gt; said"
    )
    sandbox.discord.post(
        "general", "ben", "**bold** *it* ~~no~~ `code` <@100> [here](https://a.example) \\*x\\*\n> said"
    )
    page = await opened()

    for platform in ("slack", "discord"):
        text = pane(page, platform).locator(".message .text")
        await expect(text.locator("strong")).to_have_text("bold")
        await expect(text.locator("em")).to_have_text("it")
        await expect(text.locator("s")).to_have_text("no")
        await expect(text.locator("code")).to_have_text("code")
        await expect(text.locator(".mention.self")).to_have_text("@ana")
        await expect(text.locator("a")).to_have_attribute("href", "https://a.example")
        await expect(text.locator("blockquote")).to_have_text("said")
    await expect(pane(page, "slack").locator(".text")).to_contain_text("🎉 2*3*4")
    await expect(pane(page, "discord").locator(".text")).to_contain_text("*x*")


async def test_block_kit_is_drawn_and_asks_before_a_dangerous_press(opened: Opened, sandbox: Any) -> None:
    def plain(text: str) -> dict[str, str]:
        return {"type": "plain_text", "text": text}

    confirm = {
        "title": plain("Delete it?"),
        "text": plain("For good."),
        "confirm": plain("Delete"),
        "deny": plain("Keep"),
    }
    button = {"type": "button", "action_id": "delete", "style": "danger", "text": plain("Delete"), "confirm": confirm}
    fields = [{"type": "mrkdwn", "text": "*Paid*\n42 credits"}, {"type": "mrkdwn", "text": "*Back*\n18 credits"}]
    blocks = [
        {"type": "header", "text": plain("A red fox")},
        {"type": "section", "fields": fields},
        {"type": "divider"},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "Balance 9,958"}]},
        {"type": "actions", "elements": [button]},
        {"type": "hologram"},
    ]
    raw = {"text": "not shown", "blocks": blocks}
    sandbox.slack.post("general", "Neverdark", "x", bot=True, raw=raw, buttons={"delete": "Delete"})
    page = await opened()
    message = pane(page, "slack").locator(".message")
    await expect(message.get_by_role("heading", name="A red fox")).to_be_visible()
    await expect(message).to_contain_text("42 credits")
    await expect(message).not_to_contain_text("not shown")
    await expect(message).to_contain_text("A “hologram” block; this page does not draw it.")

    await message.get_by_role("button", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Keep").click()
    await message.get_by_role("button", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    await expect(message).to_contain_text("Pressed by ana")
    assert len(sandbox.slack.heard) == 1, "what was kept was not pressed"


async def test_embeds_and_components_of_both_versions_are_drawn(opened: Opened, sandbox: Any, clip: Any) -> None:
    fields = [{"name": "Paid", "value": "42", "inline": True}, {"name": "Back", "value": "18", "inline": True}]
    embed = {"title": "A red fox", "description": "by **Kling**", "color": 0x248046, "fields": fields}
    buttons = [
        {"type": 2, "style": 4, "custom_id": "delete", "label": "Delete"},
        {"type": 2, "style": 2, "custom_id": "no", "label": "Greyed", "disabled": True},
        {"type": 2, "style": 5, "url": "https://a.example/", "label": "Open"},
    ]
    row = {"type": 1, "components": buttons}
    first = {"content": "", "embeds": [embed | {"footer": {"text": "Balance 9,958"}}], "components": [row], "flags": 0}
    parts = [
        {"type": 10, "content": "### A lighthouse"},
        {"type": 14, "divider": True},
        {"type": 12, "items": [{"media": {"url": "attachment://fox.mp4"}}]},
    ]
    box = {"type": 17, "accent_color": 0x5865F2, "components": parts}
    second = {"content": "", "embeds": [], "components": [box], "flags": 1 << 15}
    sandbox.discord.post("general", "Neverdark", "x", bot=True, raw=first)
    sandbox.discord.post("general", "Neverdark", "y", bot=True, raw=second, files=clip)
    page = await opened()
    discord = pane(page, "discord")

    await expect(discord.locator(".embed")).to_contain_text("Balance 9,958")
    await expect(discord.locator(".embed .field.of2")).to_have_count(2)
    await expect(discord.get_by_role("button", name="Greyed")).to_be_disabled()
    await expect(discord.get_by_role("link", name="Open")).to_have_attribute("href", "https://a.example/")
    await expect(discord.locator(".container").get_by_role("heading", name="A lighthouse")).to_be_visible()
    await expect(discord.locator("video")).to_have_count(1)
    await expect(discord.locator(".container video")).to_have_js_property("readyState", 4)

    await discord.get_by_role("button", name="Delete").click()
    await expect(discord).to_contain_text("Pressed by ana")


async def test_a_message_that_cannot_be_drawn_takes_no_other_down(
    opened: Opened, sandbox: Any, complaints: list[str]
) -> None:
    sandbox.slack.post("general", "ben", "in order")
    page = await opened()
    sandbox.slack.post("general", "ben", "broken", raw={"text": "", "blocks": [{"type": "actions"}]})

    await expect(pane(page, "slack")).to_contain_text("broken")
    await expect(pane(page, "slack")).to_contain_text("in order")
    assert complaints
    complaints.clear()
