"""The buttons and the menu under a result in Slack: they work after months and restarts, and say where they cannot."""

import re
from typing import Any

import pytest
from starlette.applications import Starlette

from bots.slack.delivery.chat import SlackChat
from core.db.pool import Pool
from core.domain.chat.addresses import Addresses
from core.domain.generations.generation import Generation
from core.domain.requests.tiers import TierName
from core.prompt_help import PromptHelp
from sandbox.slack import Slack
from sandbox.writing import ADDED, Writing
from tests.bots.conftest import Noted, OpenService, all_generations, charges, only_generation
from tests.bots.finished import finish, post, read
from tests.bots.slack.conftest import OpenBot, whisper
from tests.patience import until
from tests.sandbox.vendors.harness import serve


async def _result(
    slack: Slack,
    chat: SlackChat,
    house: Pool,
    noted: Noted,
    text: str = "/video a red fox tier:draft seed:7",
    **how: Any,
) -> tuple[Generation, str]:
    """A finished video in its thread."""
    await slack.say(channel="general", user="ana", text=text)
    await until(lambda: noted.sent)
    made = await finish(house, (await only_generation(house)).id, **how)
    return made, await post(house, chat, made)


async def _press(slack: Slack, message: str, action: str, *, user: str = "ana") -> None:
    """Press the button, or choose the option, whose action begins so."""
    (shown,) = [reply for root in slack.messages("general") for reply in root["thread"] if reply["id"] == message]
    (found,) = [
        one["action"] for one in shown["actions"] if one["action"].startswith(action) or f":{action}:" in one["action"]
    ]
    await slack.press(channel="general", message=message, action=found, user=user)


def _labels(slack: Slack, message: str) -> list[str]:
    return [
        one["label"]
        for root in slack.messages("general")
        for reply in root["thread"]
        if reply["id"] == message
        for one in reply["actions"]
    ]


async def test_a_result_shows_a_few_buttons_with_prices_and_the_rest_behind_one(
    slack: Slack, chat: SlackChat, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        _, message = await _result(slack, chat, house, noted)
    labels = _labels(slack, message)
    assert labels[:2] == ["Again: up to 15 credits", "Edit and run"]
    assert re.fullmatch(r"In standard: up to \d+ more", labels[2])
    assert re.fullmatch(r"Extend: up to \d+ credits", labels[3])
    assert labels[4:] == ["Details", "Share a link", "Report", "Delete…"]


async def test_again_is_the_same_with_another_seed_once_however_often_it_is_pressed(
    slack: Slack, chat: SlackChat, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        made, message = await _result(slack, chat, house, noted)
    async with open_service() as video_service, open_bot(video_service):  # another process, which has seen nothing
        for _ in range(3):
            await _press(slack, message, "again")
        await until(lambda: len(noted.sent) > 1)
    _, again = await all_generations(house)
    assert (again.request.prompt, again.request.tier, again.request.seed) == ("a red fox", TierName.DRAFT, None)
    assert await charges(house) == 2
    assert made.settled


async def test_a_higher_tier_keeps_the_seed(
    slack: Slack, chat: SlackChat, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        _, message = await _result(slack, chat, house, noted)
        await _press(slack, message, "higher")
        await until(lambda: len(noted.sent) > 1)
    _, better = await all_generations(house)
    assert (better.request.tier, better.request.seed) == (TierName.STANDARD, 7)


async def test_edit_and_run_opens_the_form_filled_in(
    slack: Slack, chat: SlackChat, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        _, message = await _result(slack, chat, house, noted)
        await _press(slack, message, "edit", user="ben")
        (form,) = await until(lambda: list(slack.views.opened.values()))
        values = {"prompt": "a red fox at night"}
        assert (await slack.submit(modal=form.modal.id, user="ben", values=values)).ok
        await until(lambda: len(noted.sent) > 1)
    _, changed = await all_generations(house)
    assert (changed.request.prompt, changed.request.tier, changed.request.seed) == ("a red fox at night", "draft", 7)


async def test_details_tell_how_it_was_made_and_no_vendors_word(
    slack: Slack, chat: SlackChat, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        made, message = await _result(slack, chat, house, noted)
        await _press(slack, message, "details", user="ben")
        told = await whisper(slack, user="ben")
    for word in ("a red fox", "Wan", "1080p", "7", "0:42", f"{made.settled} credits", "8 s"):
        assert word in told, word
    assert "secret-model-id" not in told


async def test_deleting_asks_first_and_is_for_its_owner_and_admins(
    slack: Slack, chat: SlackChat, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        made, message = await _result(slack, chat, house, noted, "/video a red fox tier:draft")
        await _press(slack, message, "delete", user="cleo")
        assert "not yours to delete" in await whisper(slack, user="cleo")
        assert (await read(house, made.id)).deleted_at is None
        await _press(slack, message, "delete")
        (asked,) = await until(lambda: slack.whispers("general", "ana"))
        assert (await read(house, made.id)).deleted_at is None
        await slack.press(channel="general", message=asked["id"], action=asked["actions"][0]["action"], user="ana")
        await until(lambda: len(slack.whispers("general", "ana")) > 1)
        assert (await read(house, made.id)).deleted_at is not None
        for heard, action in enumerate(("again", "edit", "details", "share", "report")):
            await _press(slack, message, action, user="ben")
            assert "deleted" in await whisper(slack, user="ben", earlier=heard), action
    assert len(await all_generations(house)) == 1
    assert await house.fetchval("SELECT count(*) FROM removals WHERE files AND done_at IS NULL") == 1


@pytest.mark.parametrize("action", ["again", "higher", "edit", "share"])
async def test_a_result_that_is_too_old_says_so_and_offers_a_new_one(
    slack: Slack, chat: SlackChat, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted, action: str
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        made, message = await _result(slack, chat, house, noted)
        await house.execute("SELECT scrub_generation($1)", made.id)
        await _press(slack, message, action)
        (told,) = await until(lambda: slack.whispers("general", "ana"))
        assert "not kept any more" in told["text"]
        (new,) = told["actions"]
        await slack.press(channel="general", message=told["id"], action=new["action"], user="ana")
        assert await until(lambda: list(slack.views.opened.values()))
    assert len(await all_generations(house)) == 1


async def test_show_brings_an_earlier_one_of_the_team_back_and_mine_lists_with_pictures(
    slack: Slack, chat: SlackChat, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        video_service.results._addresses = Addresses(base="https://nd.example", secret="s" * 16)
        made, _ = await _result(slack, chat, house, noted)
        await slack.say(channel="general", user="ben", text="/video show fox")
        (told,) = await until(lambda: slack.whispers("general", "ben"))
        assert "a red fox" in told["text"]
        assert {"Edit and run", "Details"} <= {one["label"] for one in told["actions"]}
        await slack.say(channel="general", user="ben", text=f"/video show {made.id.hex[:8]}")
        assert "a red fox" in await whisper(slack, user="ben", earlier=1)
        await slack.say(channel="general", user="ana", text="/video mine")
        (mine,) = await until(lambda: slack.whispers("general", "ana"))
        pictures = [block["accessory"] for block in mine["raw"]["blocks"] if block["type"] == "section"]
        assert [picture["alt_text"] for picture in pictures] == ["a red fox"]
        await slack.say(channel="general", user="ben", text="/video show a dog in the rain")
        (none,) = await until(lambda: slack.whispers("general", "ben")[2:])
        assert [one["label"] for one in none["actions"]] == ["Make a video of it"]
    assert len(await all_generations(house)) == 1


@pytest.mark.parametrize("is_away", [False, True])
async def test_writing_help_is_shown_before_it_is_used_and_ones_own_words_go_on_where_it_is_away(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted, *, is_away: bool
) -> None:
    async with serve(Starlette(routes=Writing(slack.world).routes())) as address, open_service() as video_service:
        base = "http://127.0.0.1:1" if is_away else address
        video_service.prompt_help = PromptHelp(url=f"{base}/writing/v1", model="m", timeout_s=2)
        async with open_bot(video_service):
            await slack.say(channel="general", user="ana", text="/video improve a red fox tier:draft takes:2")
            (told,) = await until(lambda: slack.whispers("general", "ana"))
            assert ("your own words" in told["text"]) == is_away
            assert await charges(house) == 0
            labels = {one["label"]: one["action"] for one in told["actions"]}
            assert "Make it: up to 30 credits" in labels
            assert ("Use my words" in labels) != is_away
            await slack.press(
                channel="general", message=told["id"], action=labels["Make it: up to 30 credits"], user="ana"
            )
            await until(lambda: noted.sent)
    made = await all_generations(house)
    assert [each.request.prompt for each in made] == ["a red fox" if is_away else f"a red fox, {ADDED}"] * 2
    assert {each.request.tier for each in made} == {TierName.DRAFT}


async def test_words_in_the_thread_of_a_video_propose_it_anew_and_take_nothing(
    slack: Slack, chat: SlackChat, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        _, message = await _result(slack, chat, house, noted)
        (root,) = [each["id"] for each in slack.messages("general") if each["thread"]]
        await slack.say(channel="general", user="ben", text="@Neverdark make it night tier:pro", thread=root)
        (told,) = await until(lambda: slack.whispers("general", "ben"))
        assert "a red fox, make it night" in told["text"]
        assert await charges(house) == 1
        labels = {one["label"]: one["action"] for one in told["actions"]}
        assert "It is a new video" in labels
        await slack.press(
            channel="general",
            message=told["id"],
            action=next(action for label, action in labels.items() if label.startswith("Make it")),
            user="ben",
        )
        await until(lambda: len(noted.sent) > 1)
    _, changed = await all_generations(house)
    assert (changed.request.prompt, changed.request.tier) == ("a red fox, make it night", TierName.PRO)
    assert message
