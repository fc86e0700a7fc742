"""Buttons that we did not make are answered with a sentence, and nothing behind them is touched."""

from uuid import uuid4

import discord
import pytest

from bots.discord.delivery.chat import DiscordChat
from bots.discord.drawing.buttons import Pressed, custom_id, read, signer
from core.db.pool import Pool
from core.domain.requests.refusals import ForgedButton
from core.replies.chat.card import Action
from sandbox.discord import BOT_TOKEN, CHANNEL_IDS, GUILD_ID
from sandbox.discord.fixtures import PEOPLE_BY_NAME
from tests.bots.conftest import Noted, OpenService, all_generations, charges, only_generation
from tests.bots.discord.conftest import OpenBot
from tests.patience import until
from tests.sandbox.discord.harness import Sandbox

FORGERIES = {
    "without a signature": "{action}:{subject}:mark",
    "an empty signature": "{action}:{subject}::mark",
    "a made-up signature": "{action}:{subject}:aaaaaaaaaaaa:mark",
    "one of another subject": "{action}:{subject}:{of_another_subject}:mark",
    "one of another action": "{action}:{subject}:{of_another_action}:mark",
    "an action that there is not": "x:{subject}:{of_another_action}:mark",
    "one part too many": "{action}:{subject}:{its_own}:mark:more",
    "nothing": "",
}
SUBJECTS = {Action.CHOOSE: "fallback=never", Action.PAGE: "0"}


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("forgery", FORGERIES)
def test_no_forged_button_is_read_and_every_own_one_is(action: Action, forgery: str) -> None:
    subject = SUBJECTS.get(action, str(uuid4()))
    ours = custom_id(action, subject, "0a1b2c3d")
    assert len(ours) <= 100
    assert read(ours.removeprefix("nd:")) == Pressed(action, subject)
    with pytest.raises(ForgedButton):
        read(
            FORGERIES[forgery].format(
                action=action.value,
                subject=subject,
                its_own=signer().sign(action.value, subject),
                of_another_subject=signer().sign(action.value, "x"),
                of_another_action=signer().sign("x", subject),
            )
        )


async def _post(sandbox: Sandbox, custom_ids: list[str]) -> str:
    view = discord.ui.View(timeout=None)
    for name in custom_ids:
        view.add_item(discord.ui.Button(label="Press me", custom_id=name))
    async with discord.Client(intents=discord.Intents.none()) as client:
        await client.login(BOT_TOKEN)
        where = client.get_partial_messageable(CHANNEL_IDS["general"])
        return str((await where.send("Hello", view=view)).id)


async def test_a_forged_press_is_answered_and_changes_nothing(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    """Every action of ours, pressed by an admin with the id of a generation that is theirs, but not signed by us."""
    async with open_service() as video_service, open_bot(video_service):
        await sandbox.platform.say(channel="general", user="ana", text="/video prompt:a red fox")
        await until(lambda: noted.sent)
        generation = await only_generation(house)
        forged = [f"nd:{action}:{SUBJECTS.get(action, generation.id)}:aaaaaaaaaaaa:" for action in Action] + ["nd:"]
        message = await _post(sandbox, forged)
        for action in forged:
            heard = await sandbox.platform.press(channel="general", message=message, action=action, user="ana")
            assert "does not work any more" in heard.ephemeral[0], action
    assert await all_generations(house) == [generation]
    assert await charges(house) == 1
    assert await house.fetchval("SELECT count(*) FROM workspace_settings") == 0


async def test_in_direct_messages_nobody_is_an_admin(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        hidden = await sandbox.platform.say(channel="@ana", user="ana", text="/settings fallback:never")
        said = [
            (await sandbox.platform.say(channel="@ana", user="ana", text=words)).ephemeral[0]
            for words in ("/video settings",)
        ]
        credits_of = await sandbox.platform.say(channel="@ana", user="ana", text="/credit-settings")
    assert hidden.error == "/settings cannot be used here."
    assert credits_of.error == "/credit-settings cannot be used here."
    assert ["Only an admin" in each for each in said] == [True]


async def test_what_somebody_asked_for_in_a_server_is_theirs_in_direct_messages_and_nobody_elses(
    sandbox: Sandbox, chat: DiscordChat, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    """A video that found no place in its server comes directly, with its buttons; others cannot use them there."""
    async with open_service() as video_service, open_bot(video_service):
        await sandbox.platform.say(channel="general", user="ana", text="/video prompt:a red fox")
        await until(lambda: noted.sent)
        generation = await only_generation(house)
        by = {}
        for name in ("ana", "ben"):
            person = PEOPLE_BY_NAME[name].id
            async with discord.Client(intents=discord.Intents.none()) as client:
                await client.login(BOT_TOKEN)
                view = discord.ui.View(timeout=None)
                view.add_item(
                    discord.ui.Button(label="Cancel", custom_id=custom_id(Action.CANCEL, str(generation.id), "m"))
                )
                channel = await client.create_dm(discord.Object(int(person)))
                posted = await channel.send("Hello", view=view)
            action = custom_id(Action.CANCEL, str(generation.id), "m")
            by[name] = (
                await sandbox.platform.press(channel=f"@{name}", message=str(posted.id), action=action, user=name)
            ).ephemeral[0]
    assert "do not have this video any more" in by["ben"]
    assert by["ana"].startswith("Cancelling")
    assert generation.installation == str(GUILD_ID)
