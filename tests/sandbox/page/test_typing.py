"""What a person does in the page: typing, completing commands, opening threads, pressing buttons, sending modals."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from sandbox.platform import Field, Heard, Modal
from tests.patience import until
from tests.quick import some

pytestmark = pytest.mark.asyncio(loop_scope="module")

Opened = Callable[..., Awaitable[Page]]


def pane(page: Page, platform: str) -> Locator:
    return page.locator(f".pane.{platform}")


async def say(page: Page, platform: str, text: str) -> None:
    box = pane(page, platform).locator(".main textarea")
    await box.fill(text)
    await box.press("Enter")


@pytest.mark.parametrize("platform", some(["slack", "discord"], of="who types"))
async def test_what_a_person_types_appears_under_their_name(opened: Opened, sandbox: Any, platform: str) -> None:
    page = await opened()

    await pane(page, platform).locator(".speakers label", has_text="ben").click()
    await say(page, platform, "hello there")

    message = pane(page, platform).locator(".message")
    await expect(message).to_contain_text("hello there")
    await expect(message.locator(".name")).to_have_text("ben")
    await expect(pane(page, platform).locator(".main textarea")).to_have_value("")


@pytest.mark.parametrize("platform", some(["slack", "discord"], of="a command, its thread and its form"))
async def test_a_command_makes_a_thread_that_opens_and_a_button_that_opens_a_modal(
    opened: Opened, sandbox: Any, platform: str
) -> None:
    page = await opened()
    await say(page, platform, "/video a red fox")

    thread = pane(page, platform).locator(".thread")
    await expect(thread).to_contain_text("Rendering ▰▰▱▱")  # it opens by itself for whoever has just asked

    await thread.get_by_role("button", name="Again").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("Prompt")).to_have_value("a red fox")
    await dialog.get_by_label("Prompt").fill("")
    await dialog.get_by_role("button", name="Make it").click()
    await expect(dialog.get_by_role("alert")).to_have_text("The prompt is empty")
    await dialog.get_by_label("Prompt").fill("two foxes")
    await dialog.get_by_role("button", name="Make it").click()
    await expect(dialog).to_be_hidden()

    await page.keyboard.press("Escape")
    await thread.get_by_role("button", name="Close the thread").click()
    await expect(pane(page, platform).locator(".main")).to_contain_text("Again: two foxes")


async def test_a_modal_that_was_sent_is_not_opened_again_by_the_late_answer_to_its_button(
    opened: Opened, sandbox: Any
) -> None:
    sandbox.slack.post("general", "Neverdark", "x", bot=True, buttons={"again": "Again"})
    sandbox.slack.modal_told.clear()
    page = await opened()
    await page.get_by_role("button", name="Again").click()
    await page.get_by_role("dialog").get_by_role("button", name="Make it").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.get_by_role("button", name="Again")).to_be_disabled()

    sandbox.slack.modal_told.set()

    await expect(page.get_by_role("button", name="Again")).to_be_enabled()
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_late_news_of_a_modal_keeps_what_was_typed_into_it_and_a_change_is_shown(
    opened: Opened, sandbox: Any
) -> None:
    sandbox.slack.post("general", "Neverdark", "x", bot=True, buttons={"again": "Again"})
    page = await opened()
    await page.get_by_role("button", name="Again").click()
    prompt = page.get_by_role("dialog").get_by_label("Prompt")
    await prompt.fill("two foxes")

    field = Field(name="prompt", label="Prompt", value="a red fox", multiline=True)
    news = {"type": "modal", "platform": "slack", "user": "ana"}
    modal = Modal(id="m1", title="Once more", fields=(field,), submit="Make it")
    sandbox.world.tell(news | {"modal": asdict(modal)})
    sandbox.slack.post("general", "Neverdark", "this came later", bot=True)

    await expect(pane(page, "slack").locator(".main")).to_contain_text("this came later")
    await expect(prompt).to_have_value("two foxes")
    sandbox.world.tell(news | {"modal": asdict(replace(modal, title="And again"))})
    await expect(page.get_by_role("heading", name="And again")).to_be_visible()
    await expect(prompt).to_have_value("two foxes")
    changed = replace(modal, title="And again", fields=(replace(field, value="a blue fox"),))
    sandbox.world.tell(news | {"modal": asdict(changed)})
    await expect(prompt).to_have_value("a blue fox")


async def test_the_app_hears_of_a_choice_while_the_modal_is_open_and_files_go_along_when_it_is_sent(
    opened: Opened, sandbox: Any, tmp_path: Path
) -> None:
    page = await opened()
    fields = (
        Field(name="prompt", label="Prompt", value="", multiline=True),
        Field(name="tier", label="Tier", value="draft: 15", options=("draft: 15", "pro: 128"), live=True),
        Field(name="pictures", label="Pictures", value="", files=2),
    )
    modal = Modal(id="m1", title="Make a video", fields=fields, submit="Make it", text="Takes up to 15 credits")
    sandbox.slack.modals = 1
    sandbox.slack.post("general", "Neverdark", "x", bot=True, buttons={"again": "Again"})
    sandbox.slack.press = lambda **_: _answered(modal)
    await page.get_by_role("button", name="Again").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Prompt").fill("two foxes")
    await dialog.get_by_label("Tier").select_option("pro: 128")
    (told,) = await _heard(sandbox, "change")
    assert (told["field"], told["values"]["prompt"], told["values"]["tier"]) == ("tier", "two foxes", "pro: 128")

    news = {"type": "modal", "platform": "slack", "user": "ana"}
    sandbox.world.tell(news | {"modal": asdict(replace(modal, text="Takes up to 128 credits"))})
    await expect(dialog).to_contain_text("Takes up to 128 credits")
    await expect(dialog.get_by_label("Prompt")).to_have_value("two foxes")
    await expect(dialog.get_by_label("Tier")).to_have_value("pro: 128")

    for name in ("one.png", "two.png"):
        (tmp_path / name).write_bytes(b"a picture")
    await dialog.get_by_label("Pictures").set_input_files([tmp_path / "one.png", tmp_path / "two.png"])
    await dialog.get_by_role("button", name="Make it").click()
    await expect(dialog).to_have_count(0)
    (sent,) = await _heard(sandbox, "submit")
    assert [address.partition(",")[0] for address in sent["values"]["pictures"].splitlines()] == [
        "data:image/png;name=one.png;base64", "data:image/png;name=two.png;base64",
    ]  # fmt: skip


async def _answered(modal: Modal) -> Heard:
    return Heard(ok=True, modal=modal)


async def _heard(sandbox: Any, kind: str) -> Any:
    return await until(lambda: [said for what, said in sandbox.slack.heard if what == kind])


async def _first(chat: Any) -> Any:
    """What was said first. The box is empty before it arrives."""
    heard = await until(lambda: chat.heard)
    return heard[0][1]["text"]


async def test_a_bot_that_connects_later_is_noticed(opened: Opened, sandbox: Any) -> None:
    known = sandbox.discord.commands()
    sandbox.discord.commands = lambda: ()
    page = await opened()
    await expect(pane(page, "discord").locator(".welcome")).to_contain_text("No bot is here yet.")

    sandbox.discord.commands = lambda: known

    await expect(pane(page, "discord").locator(".welcome")).to_contain_text("/video", timeout=15_000)


async def test_commands_options_and_values_are_completed_by_keyboard(opened: Opened, sandbox: Any) -> None:
    page = await opened()
    box = pane(page, "discord").locator(".main textarea")
    await box.press_sequentially("/v")
    await expect(pane(page, "discord").locator(".offer").get_by_role("option")).to_have_count(1)
    await box.press("Enter")
    await expect(box).to_have_value("/video ")

    await box.press_sequentially("a fox ti")
    await box.press("Tab")
    await expect(box).to_have_value("/video a fox tier:")
    await box.press("ArrowDown")
    await expect(pane(page, "discord").locator(".offer").get_by_role("option", selected=True)).to_have_text("pro")
    await expect(box).to_have_attribute("aria-expanded", "true")
    await box.press("Enter")
    await expect(box).to_have_value("/video a fox tier:pro ")

    await box.press("Enter")
    await expect(box).to_have_value("")
    await expect(pane(page, "discord").locator(".thread .message").first).to_be_visible()
    assert await _first(sandbox.discord) == "/video a fox tier:pro"


async def test_escape_closes_the_completion_and_enter_then_sends(opened: Opened, sandbox: Any) -> None:
    page = await opened()
    box = pane(page, "slack").locator(".main textarea")
    await box.press_sequentially("/v")
    await box.press("Escape")
    await expect(page.get_by_role("listbox")).to_have_count(0)
    await box.press("Enter")

    await expect(box).to_have_value("")
    assert await _first(sandbox.slack) == "/v"


async def test_a_word_of_the_prompt_that_begins_like_an_option_is_not_completed_by_enter(
    opened: Opened, sandbox: Any
) -> None:
    page = await opened()
    box = pane(page, "slack").locator(".main textarea")
    await box.press_sequentially("/video a fox se")
    await expect(pane(page, "slack").locator(".offer").get_by_role("option")).to_have_count(1)
    await box.press("Enter")

    await expect(box).to_have_value("")
    assert await _first(sandbox.slack) == "/video a fox se"


async def test_an_empty_channel_says_what_to_type_and_types_it(opened: Opened) -> None:
    page = await opened()
    await pane(page, "slack").get_by_role("button", name="/video a red fox in the snow").click()

    await expect(pane(page, "slack").locator(".main textarea")).to_have_value("/video a red fox in the snow")
    await expect(pane(page, "slack").locator(".main textarea")).to_be_focused()


async def test_only_the_person_it_is_for_sees_an_ephemeral_message(opened: Opened) -> None:
    page = await opened()
    await say(page, "slack", "/video help")
    await say(page, "discord", "/video help")
    await expect(pane(page, "slack").locator(".ephemeral")).to_contain_text("Only visible to you")
    whisper = pane(page, "discord").locator(".ephemeral")
    await expect(whisper).to_contain_text("Only you can see this • Dismiss message")

    await pane(page, "slack").locator(".speakers label", has_text="cleo").click()
    await expect(pane(page, "slack").locator(".ephemeral")).to_have_count(0)
    await whisper.get_by_role("button", name="Dismiss message").click()
    await expect(whisper).to_have_count(0)


async def test_a_bot_that_does_not_answer_is_said_above_the_input(opened: Opened) -> None:
    page = await opened()
    await say(page, "discord", "/silent")

    await expect(pane(page, "discord").get_by_role("alert")).to_have_text("The application did not respond")
