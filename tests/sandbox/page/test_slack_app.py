"""Slack's places beside channels, with a small app on slack-bolt behind them: what it sends is what is drawn."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from playwright.async_api import Locator, Page, ViewportSize, expect
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.complete.async_complete import AsyncComplete
from slack_bolt.context.fail.async_fail import AsyncFail
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.app import build
from sandbox.slack import APP_TOKEN, BOT_TOKEN, Slack
from sandbox.world import World
from tests.patience import until
from tests.quick import some
from tests.sandbox.conftest import FakeChat, asked
from tests.sandbox.page.test_cards import WIDER

pytestmark = pytest.mark.asyncio(loop_scope="module")

Opened = Callable[..., Awaitable[Page]]
DRAWN_WITHIN_S = 60.0
WIDE: ViewportSize = {"width": 1400, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}
LOOKS = [(viewport, scheme) for viewport in (WIDE, NARROW) for scheme in ("light", "dark")]
STATES = ("complete", "in_progress", "pending")


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def _option(value: str) -> dict[str, Any]:
    return {"text": _plain(value.capitalize()), "value": value}


def _input(name: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "input", "block_id": name, "label": _plain(name.capitalize()),
            "element": element | {"action_id": name}, **more}  # fmt: skip


FORM = {
    "type": "modal", "callback_id": "form", "title": _plain("Make a video"), "submit": _plain("Make it"),
    "close": _plain("Leave it"),
    "blocks": [
        _input("prompt", {"type": "plain_text_input", "multiline": True, "placeholder": _plain("A red fox")}),
        _input("tier", {"type": "static_select", "options": [_option("draft"), _option("ultra")],
                        "initial_option": _option("draft")}),
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "It takes *15 credits*"}]},
        _input("where", {"type": "multi_conversations_select", "initial_conversations": ["C0GENERAL"]}, optional=True),
        _input("who", {"type": "multi_users_select"}, optional=True),
        _input("extras", {"type": "checkboxes", "options": [_option("sound"), _option("captions")]}, optional=True),
        _input("seed", {"type": "number_input", "is_decimal_allowed": False}, optional=True,
               hint=_plain("Any whole number")),
    ],
}  # fmt: skip


def _home(left: int) -> dict[str, Any]:
    cancel = {"type": "button", "action_id": "cancel", "text": _plain("Cancel"), "style": "danger", "value": "1"}
    return {
        "type": "home",
        "blocks": [
            {"type": "header", "text": _plain("What is left")},
            {"type": "section", "text": {"type": "mrkdwn", "text": f"*{left} credits*"}, "accessory": cancel},
            {"type": "actions", "elements": [
                {"type": "button", "action_id": "make", "text": _plain("Make a video"), "style": "primary"}]},
            {"type": "actions", "elements": [{"type": "static_select", "action_id": "long", "options": [
                {"text": _plain("An answer that is longer than its place is wide, as the longest are"), "value": "1"}
            ], "placeholder": _plain("A question that is about as long as that")}]},
        ],
    }  # fmt: skip


def _plan(*states: str) -> list[dict[str, Any]]:
    tasks = [
        {"type": "task_card", "task_id": str(n), "title": title, "status": state}
        for n, (title, state) in enumerate(zip(("Take it", "Render it", "Bring it"), states, strict=True))
    ]
    return [{"type": "plan", "title": "Making your video", "tasks": tasks}]


@dataclass(slots=True)
class Stranger:
    """An app that nobody of the product wrote: slack-bolt with a few handlers."""

    web: AsyncWebClient
    submitted: list[dict[str, Any]] = field(default_factory=list)
    messages: list[tuple[str, str]] = field(default_factory=list)
    steps: list[tuple[dict[str, Any], AsyncComplete, AsyncFail]] = field(default_factory=list)
    tabs: list[str] = field(default_factory=list)

    def register(self, app: AsyncApp) -> None:
        app.event("app_home_opened")(self.opened)
        app.action("make")(self.make)
        app.action("cancel")(self.cancel)
        app.view("form")(self.sent)
        app.global_shortcut("make")(self.make)
        app.message_shortcut("make_of_message")(self.make)
        app.event("message")(self.written)
        app.event("agent_session_stopped")(self.stopped)
        app.function("make_video", auto_acknowledge=True)(self.step)

    async def opened(self, event: dict[str, Any]) -> None:
        self.tabs.append(event["tab"])
        if event["tab"] == "home":
            await self.web.views_publish(user_id=event["user"], view=_home(100))

    async def make(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        await self.web.views_open(trigger_id=body["trigger_id"], view=FORM)

    async def cancel(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        await self.web.views_publish(user_id=body["user"]["id"], view=_home(115))

    async def sent(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        values = {block: next(iter(said.values())) for block, said in body["view"]["state"]["values"].items()}
        if "fox" not in str(values["prompt"]["value"]):
            await ack(response_action="errors", errors={"prompt": "It has to be about a fox.", "seed": "Not that one."})
            return
        self.submitted.append(values)
        await ack()

    async def written(self, event: dict[str, Any]) -> None:
        where = {"channel_id": event["channel"], "thread_ts": event.get("thread_ts") or event["ts"]}
        await self.web.agents_sessions_setStatus(**where, status="processing", title=event["text"])
        said = await self.web.chat_postMessage(
            channel=event["channel"], thread_ts=where["thread_ts"], text="Making it", blocks=_plan(*STATES)
        )
        self.messages.append((str(said["channel"]), str(said["ts"])))

    async def stopped(self, event: dict[str, Any]) -> None:
        channel, ts = self.messages[-1]
        await self.web.chat_update(channel=channel, ts=ts, text="Stopped", blocks=_plan("complete", "error", "pending"))
        await self.web.agents_sessions_setStatus(channel_id=channel, thread_ts=event["thread_ts"], status="active")

    async def step(self, inputs: dict[str, Any], complete: AsyncComplete, fail: AsyncFail) -> None:
        self.steps.append((inputs, complete, fail))


@pytest.fixture
def sandbox(tmp_path: Path) -> Any:
    """A sandbox whose Slack is the real stand-in."""
    world = World(home=tmp_path, base_url="http://127.0.0.1:8700", seed=1)
    slack, discord = Slack(world, listen_s=3, share_s=0.05), FakeChat(world, "discord")
    return SimpleNamespace(world=world, slack=slack, discord=discord, app=build(world, [slack, discord], [], asked))


App = TypeVar("App", bound=Stranger)


@asynccontextmanager
async def stranger(page: Page, kind: type[App]) -> AsyncIterator[App]:
    """The app, connected by Socket Mode to the stand-in behind the page."""
    web = AsyncWebClient(token=BOT_TOKEN, base_url=f"{page.url}slack/api/", timeout=10)
    known, app = kind(web), AsyncApp(token=BOT_TOKEN, client=web)
    known.register(app)
    handler = AsyncSocketModeHandler(app, APP_TOKEN)
    await handler.connect_async()
    try:
        yield known
    finally:
        await handler.close_async()


def slack(page: Page) -> Locator:
    return page.locator(".pane.slack")


async def _go(page: Page, place: str) -> None:
    """Choose a place in the list at the side, or where that has no room, in the one at the top, once it is drawn."""
    side = slack(page).locator(".rail button", has_text=re.compile(f"^{place}$"))
    top, view = slack(page).locator(".place select"), page.locator(".views").get_by_text("Slack", exact=True)
    async with asyncio.timeout(DRAWN_WITHIN_S):
        while not await side.is_visible() and not await top.is_visible():
            if await view.is_visible() and not await slack(page).is_visible():
                await view.click()
            await asyncio.sleep(0.05)
    if await side.is_visible():
        await side.click()
    else:
        await top.select_option(label=place)


async def test_the_home_is_what_the_app_published_for_that_person_and_changes_in_place(
    opened: Opened, sandbox: Any
) -> None:
    page = await opened(viewport=WIDE)
    async with stranger(page, Stranger):
        await _go(page, "Neverdark")
        home = slack(page).locator(".home-view")
        await expect(home).to_contain_text("100 credits")
        await expect(home.get_by_role("heading", name="What is left")).to_be_visible()
        assert await home.locator("*").evaluate_all(WIDER) == []
        head = await home.locator(".head-block").element_handle()
        await home.get_by_role("button", name="Cancel").click()
        await expect(home).to_contain_text("115 credits")
        assert head is not None
        assert await head.evaluate("node => node.isConnected"), "what did not change was not drawn anew"
        await slack(page).get_by_title("Speak as ben").click()
        await expect(home).to_contain_text("100 credits")
        assert set(sandbox.slack.views.homes) == {"U0ANA", "U0BEN"}


async def test_what_is_wrong_in_a_modal_is_said_at_its_input_and_what_was_typed_stays(opened: Opened) -> None:
    page = await opened(viewport=WIDE)
    async with stranger(page, Stranger) as app:
        await _go(page, "Make a video")
        dialog = page.get_by_role("dialog", name="Make a video")
        await dialog.get_by_label("Prompt").fill("a hare")
        await dialog.get_by_label("Tier").select_option("Ultra")
        await dialog.get_by_text("Captions").click()
        await dialog.locator(".field", has_text="Who").get_by_text("cleo").click()
        await dialog.get_by_role("button", name="Make it").click()
        prompt, seed = dialog.locator(".field", has_text="Prompt"), dialog.locator(".field", has_text="Seed")
        await expect(prompt.get_by_role("alert")).to_have_text("It has to be about a fox.")
        await expect(seed.get_by_role("alert")).to_have_text("Not that one.")
        await expect(dialog.get_by_label("Prompt")).to_be_focused()
        await expect(dialog.get_by_label("Prompt")).to_have_value("a hare")
        await expect(dialog).to_contain_text("It takes 15 credits")
        await expect(dialog).to_contain_text("Any whole number")
        await dialog.get_by_label("Prompt").fill("a fox")
        await dialog.get_by_label("Seed").fill("7")
        await expect(seed.get_by_role("alert")).to_have_count(1)
        await dialog.get_by_label("Seed").blur()
        await expect(seed.get_by_role("alert")).to_have_count(0)
        await dialog.get_by_role("button", name="Make it").click()
        await expect(dialog).to_have_count(0)
        (values,) = app.submitted
    assert values["tier"]["selected_option"]["value"] == "ultra"
    assert values["where"]["selected_conversations"] == ["C0GENERAL"]
    assert values["who"]["selected_users"] == ["U0CLEO"]
    assert [each["value"] for each in values["extras"]["selected_options"]] == ["captions"]
    assert (values["prompt"]["value"], values["seed"]["value"]) == ("a fox", "7")


async def test_what_a_required_input_lacks_is_said_by_the_client_itself(opened: Opened, sandbox: Any) -> None:
    page = await opened(viewport=WIDE)
    async with stranger(page, Stranger) as app:
        await sandbox.slack.say(channel="general", user="ben", text="a red fox")
        message = slack(page).locator(".message", has_text="a red fox")
        await message.hover()
        await message.get_by_role("button", name="Make a video of this").click()
        dialog = page.get_by_role("dialog", name="Make a video")
        await dialog.get_by_role("button", name="Make it").click()
        await expect(dialog.get_by_role("alert")).to_have_text("Please complete this required field.")
        await dialog.get_by_role("button", name="Leave it").click()
        await expect(dialog).to_have_count(0)
        assert app.submitted == []


async def test_the_agents_plan_is_edited_in_place_and_stop_is_slacks_own(opened: Opened, sandbox: Any) -> None:
    page = await opened(viewport=WIDE)
    async with stranger(page, Stranger) as app:
        await _go(page, "Neverdark")
        await slack(page).get_by_role("tab", name="Chat").click()
        await until(lambda: app.tabs == ["home", "messages"])
        await slack(page).get_by_role("button", name="A first video").click()
        thread = slack(page).locator(".thread")  # it opens by itself
        plan = thread.get_by_role("region", name="Plan")
        await expect(plan).to_contain_text("Making your video")
        await expect(plan).to_contain_text("1 of 3")
        await expect(thread.get_by_role("heading")).to_have_text("a red fox in the snow")
        assert await plan.locator(".task-card").evaluate_all("all => all.map(each => each.classList[1])") == [*STATES]
        node = await plan.element_handle()
        await expect(thread.get_by_role("status")).to_contain_text("Neverdark is working")
        await thread.get_by_role("button", name="Stop").click()
        await expect(plan.locator(".task-card.error")).to_contain_text("Render it")
        await expect(thread.get_by_role("button", name="Stop")).to_have_count(0)
        assert node is not None
        assert await node.evaluate("node => node.isConnected")
        assert sandbox.slack.messages("@ana")[0]["thread"][0]["edits"] == 1


async def test_a_run_of_a_workflow_is_at_work_until_the_app_says_what_it_brought(opened: Opened, sandbox: Any) -> None:
    page = await opened(viewport=WIDE)
    async with stranger(page, Stranger) as app:
        await _go(page, "Workflows")
        await slack(page).get_by_label("What it shows").fill("a lighthouse")
        await slack(page).get_by_label("Where it goes").select_option("#random")
        await slack(page).get_by_role("button", name="Run").click()
        runs = slack(page).get_by_role("region", name="Runs").locator("li")
        await expect(runs).to_contain_text("Running")
        await until(lambda: len(app.steps) == 1)
        inputs, complete, _ = app.steps[0]
        assert inputs == {"prompt": "a lighthouse", "channel": "C0RANDOM"}
        await complete(outputs={"link": "https://video.test/v/1", "credits": 15})
        await expect(runs).to_contain_text("Completed")
        await expect(runs.get_by_role("link")).to_have_attribute("href", "https://video.test/v/1")
        await expect(runs.locator("dd.came").last).to_have_text("15")
        await expect(runs).to_contain_text("#random")
        await slack(page).get_by_role("button", name="Run").click()
        await until(lambda: len(app.steps) == 2)
        await app.steps[1][2](error="The budget is used up.")
        await expect(runs.first).to_contain_text("Failed")
        await expect(runs.first).to_contain_text("The budget is used up.")
        await slack(page).get_by_label("What it shows").fill("")
        await slack(page).get_by_role("button", name="Run").click()
        await expect(slack(page).get_by_role("alert")).to_contain_text("What it shows: please complete")
        assert len(sandbox.slack.surfaces.executions) == 2


async def test_tables_and_cards_side_by_side_are_drawn(opened: Opened, sandbox: Any) -> None:
    page = await opened(viewport=WIDE)
    async with stranger(page, Stranger) as app:
        button = {"type": "button", "action_id": "make", "text": _plain("Take this one")}
        cards = [{"type": "card", "title": {"type": "mrkdwn", "text": f"*Take {n}*"}, "subtitle": _plain("Veo"),
                  "body": {"type": "mrkdwn", "text": "8 s"}, "actions": [button]} for n in range(1, 5)]  # fmt: skip
        cells = [[{"type": "raw_text", "text": text} for text in row] for row in (("Day", "Credits"), ("1", "480"))]
        await app.web.chat_postMessage(
            channel="C0GENERAL", text="Four takes",
            blocks=[{"type": "carousel", "elements": cards}, {"type": "table", "rows": cells}],
        )  # fmt: skip
        takes = slack(page).get_by_role("region", name="4 cards")
        await expect(takes.locator(".card")).to_have_count(4)
        await expect(slack(page).get_by_role("cell", name="480")).to_be_visible()
        await takes.get_by_role("button", name="Take this one").first.click()
        await expect(page.get_by_role("dialog", name="Make a video")).to_be_visible()


@pytest.mark.parametrize(("viewport", "scheme"), some(LOOKS, of="every place"), ids=str)
async def test_every_place_fits_its_window(opened: Opened, tmp_path: Path, viewport: Any, scheme: str) -> None:
    page = await opened(viewport=viewport, scheme=scheme)
    async with stranger(page, Stranger) as app:
        await _go(page, "Neverdark")
        await expect(slack(page).locator(".home-view")).to_contain_text("100 credits")
        await _photographed(page, tmp_path / "home.png")
        await slack(page).locator(".home-view").get_by_role("button", name="Make a video").click()
        dialog = page.get_by_role("dialog", name="Make a video")
        await dialog.get_by_label("Prompt").fill("a hare")
        await dialog.get_by_role("button", name="Make it").click()
        await expect(dialog.get_by_role("alert").first).to_be_visible()
        await _photographed(page, tmp_path / "modal.png")
        await dialog.get_by_role("button", name="Leave it").click()
        await slack(page).get_by_role("tab", name="Chat").click()
        await slack(page).get_by_role("button", name="A first video").click()
        await expect(slack(page).locator(".thread .plan")).to_be_visible()
        await expect(slack(page).locator(".thread .stop")).to_be_visible()
        await _photographed(page, tmp_path / "agent.png")
        await slack(page).get_by_role("button", name="Close the thread").click()
        await _go(page, "Workflows")
        await slack(page).get_by_role("button", name="Run").click()
        await until(lambda: len(app.steps) == 1)
        await app.steps[0][1](outputs={"link": "https://video.test/v/" + "long" * 30, "credits": 15})
        await expect(slack(page).locator(".runs")).to_contain_text("Completed")
        await _photographed(page, tmp_path / "workflow.png")


async def _photographed(page: Page, path: Path) -> None:
    assert len(await page.screenshot(path=path)) > 8_000
    assert await slack(page).locator("*").evaluate_all(WIDER) == [], path.name
    assert await page.locator(".dialog *").evaluate_all(
        "all => all.filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.tagName)"
    ) == [], path.name  # fmt: skip
