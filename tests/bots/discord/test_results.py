"""The buttons and the menu under a result in Discord: they work after months, and say where they cannot."""

import re
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from bots.discord.delivery.chat import DiscordChat
from core.db.pool import Pool
from core.domain.chat.addresses import Addresses
from core.domain.generations.generation import Generation
from core.domain.requests.tiers import TierName
from core.prompt_help import PromptHelp
from sandbox.discord.fixtures import BOT_ID, CHANNEL_IDS
from sandbox.platform import Heard
from sandbox.writing import ADDED, Writing
from tests.bots.conftest import Noted, OpenService, all_generations, charges, only_generation
from tests.bots.discord.conftest import OpenBot
from tests.bots.discord.menus import choose
from tests.bots.finished import finish, post, read
from tests.bots.pictures import data_uri, kept, png
from tests.patience import until
from tests.sandbox.discord.harness import Sandbox
from tests.sandbox.vendors.harness import serve

RED_FOX = "/video prompt:a red fox tier:draft seed:7"


async def _result(
    sandbox: Sandbox, chat: DiscordChat, house: Pool, noted: Noted, text: str = RED_FOX, **how: Any
) -> tuple[Generation, str]:
    """A finished video in its thread."""
    await sandbox.platform.say(channel="general", user="ana", text=text)
    await until(lambda: noted.sent)
    made = await finish(house, (await only_generation(house)).id, **how)
    return made, await post(house, chat, made)


def _actions(sandbox: Sandbox, message: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = next(
        reply["actions"]
        for root in sandbox.platform.messages("general")
        for reply in [root, *root["thread"]]
        if reply["id"] == message
    )
    return found


async def _press(sandbox: Sandbox, message: str, action: str, *, user: str = "ana") -> Heard:
    """Press the button, or choose the option, that does this."""
    (found,) = [one["action"] for one in _actions(sandbox, message) if f":{action}:" in one["action"]]
    return await sandbox.platform.press(channel="general", message=message, action=found, user=user)


async def test_a_result_shows_a_few_buttons_with_prices_and_the_rest_behind_one(
    sandbox: Sandbox, chat: DiscordChat, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        _, message = await _result(sandbox, chat, house, noted)
    labels = [one["label"] for one in _actions(sandbox, message)]
    assert labels[:2] == ["Again: up to 15 credits", "Edit and run"]
    assert re.fullmatch(r"In standard: up to \d+ more", labels[2])
    assert re.fullmatch(r"Extend: up to \d+ credits", labels[3])
    assert labels[4:] == ["Details", "Share a link", "Report", "Delete…"]


async def test_again_is_the_same_with_another_seed_once_however_often_it_is_pressed(
    sandbox: Sandbox, chat: DiscordChat, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        _, message = await _result(sandbox, chat, house, noted)
    async with open_service() as video_service, open_bot(video_service):  # another process, which has seen nothing
        for _ in range(3):
            await _press(sandbox, message, "again")
        await until(lambda: len(noted.sent) > 1)
    _, again = await all_generations(house)
    assert (again.request.prompt, again.request.tier, again.request.seed) == ("a red fox", TierName.DRAFT, None)
    assert await charges(house) == 2


async def test_a_higher_tier_keeps_the_seed(
    sandbox: Sandbox, chat: DiscordChat, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        _, message = await _result(sandbox, chat, house, noted)
        await _press(sandbox, message, "higher")
        await until(lambda: len(noted.sent) > 1)
    _, better = await all_generations(house)
    assert (better.request.tier, better.request.seed) == (TierName.STANDARD, 7)


async def test_edit_and_run_opens_the_form_filled_in(
    sandbox: Sandbox, chat: DiscordChat, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        _, message = await _result(sandbox, chat, house, noted)
        heard = await _press(sandbox, message, "edit", user="ben")
        assert heard.modal is not None
        values = {"prompt": "a red fox at night"}
        assert (await sandbox.platform.submit(modal=heard.modal.id, user="ben", values=values)).ok
        await until(lambda: len(noted.sent) > 1)
    _, changed = await all_generations(house)
    assert (changed.request.prompt, changed.request.tier, changed.request.seed) == ("a red fox at night", "draft", 7)


async def test_details_tell_how_it_was_made_and_no_vendors_word(
    sandbox: Sandbox, chat: DiscordChat, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        made, message = await _result(sandbox, chat, house, noted)
        (told,) = (await _press(sandbox, message, "details", user="ben")).ephemeral
    for word in ("a red fox", "Wan", "1080p", "7", "0:42", f"{made.settled} credits", "8 s"):
        assert word in told, word
    assert "secret-model-id" not in told


async def test_deleting_asks_first_and_is_for_its_owner_and_admins(
    sandbox: Sandbox, chat: DiscordChat, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        made, message = await _result(sandbox, chat, house, noted)
        assert "not yours to delete" in (await _press(sandbox, message, "delete", user="cleo")).ephemeral[0]
        assert "Delete “a red fox” for everybody?" in (await _press(sandbox, message, "delete")).ephemeral[0]
        assert (await read(house, made.id)).deleted_at is None
        asked = list(sandbox.platform._client.channel("general", reader="ana").threads.values())
        (question,) = [each for thread in asked for each in thread.unlisted.values() if "for everybody?" in str(each)]
        erase = question.content.components[0]["components"][0]["custom_id"]
        await sandbox.platform.press(channel="general", message=str(question.id), action=erase, user="ana")
        assert (await read(house, made.id)).deleted_at is not None
        for action in ("again", "edit", "details", "share", "report"):
            heard = await _press(sandbox, message, action, user="ben")
            assert "deleted" in heard.ephemeral[0], action
    assert len(await all_generations(house)) == 1
    assert await house.fetchval("SELECT count(*) FROM removals WHERE files AND done_at IS NULL") == 1


@pytest.mark.parametrize("action", ["again", "higher", "edit", "share"])
async def test_a_result_that_is_too_old_says_so_and_offers_a_new_one(
    sandbox: Sandbox,
    chat: DiscordChat,
    house: Pool,
    open_service: OpenService,
    open_bot: OpenBot,
    noted: Noted,
    action: str,
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        made, message = await _result(sandbox, chat, house, noted)
        await house.execute("SELECT scrub_generation($1)", made.id)
        heard = await _press(sandbox, message, action)
        assert "not kept any more" in heard.ephemeral[0]
    assert await house.fetchval("SELECT draft ->> 'text' FROM drafts ORDER BY kept_at DESC LIMIT 1") == "tier:draft"
    assert len(await all_generations(house)) == 1


async def test_a_report_reaches_the_admins_once_and_hiding_it_is_theirs(
    sandbox: Sandbox, chat: DiscordChat, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        made, message = await _result(sandbox, chat, house, noted)
        await choose(sandbox, "/credit-settings", "limits", {"channel": str(CHANNEL_IDS["video"]), "low": "1"})
        await until(lambda: house.fetchval("SELECT alert_channel IS NOT NULL FROM team"))
        for _ in range(2):
            assert "admins have been told" in (await _press(sandbox, message, "report", user="cleo")).ephemeral[0]
        heard = await _press(sandbox, message, "report")  # an admin can hide it at once
        assert "take it away yourself" in heard.ephemeral[0]
    assert await house.fetchval("SELECT count(*) FROM alert WHERE kind = 'reported'") == 1
    assert await house.fetchval("SELECT count(*) FROM reports") == 2
    assert made.hidden_at is None


async def test_show_brings_an_earlier_one_of_the_team_back_and_is_completed_while_typed(
    sandbox: Sandbox, chat: DiscordChat, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        video_service.results._addresses = Addresses(base="https://nd.example", secret="s" * 16)
        await _result(sandbox, chat, house, noted)
        say = sandbox.platform.say
        assert "a red fox" in (await say(channel="general", user="ben", text="/video prompt:show fox")).ephemeral[0]
        assert "a red fox" in (await say(channel="general", user="ana", text="/video prompt:mine")).ephemeral[0]
        offered = await sandbox.platform._client.suggest(
            channel="general", user="ben", text="/video prompt:show fo", option="prompt"
        )
        assert [one["name"] for one in offered] == ["show: a red fox"]
        heard = await say(channel="general", user="ben", text=f"/video prompt:{offered[0]['value']}")
        assert "Here it is" in heard.ephemeral[0]
    assert len(await all_generations(house)) == 1


async def test_a_reply_with_a_change_is_proposed_and_made_with_a_button(
    sandbox: Sandbox, chat: DiscordChat, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        _, message = await _result(sandbox, chat, house, noted)
        assert (
            await sandbox.platform.reply(channel="general", message=message, user="ben", text="make it night --ar 9:16")
        ).ok
        threads = sandbox.platform._client.channel("general", reader="ben").threads.values()

        def proposals() -> list[Any]:
            return [each for thread in threads for each in thread.messages.values() if "Like this?" in str(each)]

        await until(proposals)
        (proposal,) = proposals()
        assert "a red fox, make it night" in str(proposal.content)
        assert await charges(house) == 1
        action = proposal.content.components[0]["components"][0]["custom_id"]
        made = await sandbox.platform.press(channel="general", message=str(proposal.id), action=action, user="cleo")
        assert "somebody else" in made.ephemeral[0]
        await sandbox.platform.press(channel="general", message=str(proposal.id), action=action, user="ben")
        await until(lambda: len(noted.sent) > 1)
    _, changed = await all_generations(house)
    assert (changed.request.prompt, changed.request.aspect.value) == ("a red fox, make it night", "9:16")
    assert (changed.request.tier, changed.request.seed) == (TierName.DRAFT, None)


@pytest.mark.parametrize("channel", ["general", "@ben"])
async def test_words_to_the_bot_are_proposed_with_their_price_and_made_by_the_press(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted, channel: str
) -> None:
    ping = f"<@{BOT_ID}> " if channel == "general" else ""
    async with open_service() as video_service, open_bot(video_service):
        say = sandbox.platform.say
        await say(channel=channel, user="ben", text="nothing for anybody" if ping else "/credits")
        await say(channel=channel, user="ben", text=f"{ping}credits")
        await until(lambda: "Tiers, with what" in sandbox.platform.messages(channel)[-1]["text"])
        await say(channel=channel, user="ben", text=f"{ping}a red fox tier:draft")
        await until(lambda: "Like this?" in sandbox.platform.messages(channel)[-1]["text"])
        proposal = sandbox.platform.messages(channel)[-1]
        assert await charges(house) == 0
        make = next(each for each in proposal["actions"] if each["label"] == "Make it: up to 15 credits")
        await sandbox.platform.press(channel=channel, message=proposal["id"], action=make["action"], user="ben")
        await until(lambda: noted.sent)
    (made,) = await all_generations(house)
    assert (made.request.prompt, made.request.tier) == ("a red fox", TierName.DRAFT)


@pytest.mark.parametrize("menu", ["Make a video of this", "Animate this picture"])
async def test_a_message_is_a_video_by_its_context_menu_in_threads_too(
    sandbox: Sandbox,
    chat: DiscordChat,
    house: Pool,
    open_service: OpenService,
    open_bot: OpenBot,
    noted: Noted,
    tmp_path: Path,
    menu: str,
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await until(sandbox.platform.shortcuts)
        _, message = await _result(sandbox, chat, house, noted)
        thread = next(iter(sandbox.platform._client.channel("general", reader="ben").threads))
        picture = data_uri(png((400, 700)))
        await sandbox.platform.say(channel="general", user="ben", text="it barks", thread=str(thread), image=picture)
        said = sandbox.platform.messages("general")[-1]["thread"][-1]
        heard = await sandbox.platform.shortcut(channel="general", message=said["id"], shortcut=menu, user="cleo")
        assert heard.modal is not None
        fields = {field.name: field.value for field in heard.modal.fields}
        assert fields["prompt"] == ("it barks" if menu.startswith("Make") else "")
        values = {"prompt": "it runs away"}
        assert (await sandbox.platform.submit(modal=heard.modal.id, user="cleo", values=values)).ok
        await until(lambda: len(noted.sent) > 1)
        nothing = await sandbox.platform.shortcut(
            channel="general", message=message, shortcut="Animate this picture", user="cleo"
        )
        assert "no picture in this message" in nothing.ephemeral[0]
    _, made = await all_generations(house)
    assert made.request.prompt == "it runs away"
    assert made.request.first_frame in kept(tmp_path)


@pytest.mark.parametrize("is_on", [True, False])
async def test_writing_help_is_shown_before_it_is_used_and_is_off_unless_configured(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, *, is_on: bool
) -> None:
    async with serve(Starlette(routes=Writing(sandbox.world).routes())) as address, open_service() as video_service:
        if is_on:
            video_service.prompt_help = PromptHelp(url=f"{address}/writing/v1", model="m", timeout_s=2)
        async with open_bot(video_service):
            text = "/video prompt:improve a red fox tier:draft"
            (told,) = (await sandbox.platform.say(channel="general", user="ana", text=text)).ephemeral
    assert (f"a red fox, {ADDED}" in told) == is_on
    assert ("Is this a description?" in told) != is_on
    assert await all_generations(house) == []
