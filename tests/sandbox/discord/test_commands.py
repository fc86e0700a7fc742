"""Slash commands: from what a person types to typed options at the bot, and back to what the person sees."""

import asyncio
import io

import discord
import pytest
from PIL import Image

from sandbox.discord import Rules
from tests.patience import until
from tests.sandbox.discord.harness import Bot, Sandbox, open_thread


async def test_typed_words_reach_the_bot_as_typed_options(sandbox: Sandbox, bot: Bot) -> None:
    heard = await sandbox.platform.say(
        channel="video", user="ana", text="/video a red fox seconds:5 in the snow tier:Pro strength:0.25 audio:true"
    )

    assert heard.ok, heard
    assert bot.asked[0] | {"channel": None} == {
        "prompt": "a red fox in the snow",
        "tier": "pro",
        "seconds": 5,
        "strength": 0.25,
        "audio": True,
        "image": None,
        "channel": None,
    }
    (message,) = sandbox.platform.messages("video")
    assert message["text"] == "Making a red fox in the snow"
    assert message["user"] == "Neverdark"
    assert message["actions"] == [{"action": "again:7", "label": "Again"}]


@pytest.mark.parametrize("rules", [Rules(linger_s=1.0)])
async def test_an_ephemeral_answer_is_heard_by_its_person_and_by_no_channel(sandbox: Sandbox, bot: Bot) -> None:
    heard = await sandbox.platform.say(channel="video", user="ana", text="/credits")

    assert heard.ok
    assert heard.ephemeral == ("10000 credits", "Free credits come on the 1st.")
    assert sandbox.platform.messages("video") == []


async def test_a_typed_name_takes_the_words_around_it(sandbox: Sandbox, bot: Bot) -> None:
    await sandbox.platform.say(channel="video", user="ana", text="/video prompt:a red fox at 10:30")

    assert bot.asked[0]["prompt"] == "a red fox at 10:30"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("/nothing", "There is no command /nothing."),
        ("/", "There is no command /."),
        ("/video", "prompt: this option is required. Specify a value."),
        ("/video ab", "prompt: must be between 3 and 100 in length."),
        ("/video a fox tier:gold", "tier: “gold” is not one of pro, draft."),
        ("/video a fox seconds:11", "seconds: must be between 1 and 10."),
        ("/video a fox seconds:five", "seconds: enter a whole number."),
        ("/video a fox strength:much", "strength: enter a number."),
        ("/video a fox audio:maybe", "audio: pick True or False."),
        ("/video a fox tier:pro tier:draft", "The option tier is given twice."),
        ("/video a fox image:here", "image: attach a file."),
        ("/credits please", "This command has no option for “please”."),
        ("/team", "/team needs one of: grant."),
        ("/team grant member:zoe amount:5", "member: there is nobody called zoe."),
        ("  ", "There is nothing to send."),
        ("x" * 2001, "Your message is too long: 2001 of 2000 characters."),
    ],
)
async def test_what_the_client_would_not_send_does_not_reach_the_bot(
    sandbox: Sandbox, bot: Bot, text: str, error: str
) -> None:
    heard = await sandbox.platform.say(channel="video", user="ana", text=text)

    assert (heard.ok, heard.error) == (False, error)
    assert bot.interactions == []
    assert sandbox.platform.messages("video") == []


async def test_nobody_and_nowhere_are_refused(sandbox: Sandbox, bot: Bot) -> None:
    say = sandbox.platform.say

    assert (await say(channel="nowhere", user="ana", text="x")).error == "There is no channel nowhere."
    assert (await say(channel="video", user="zoe", text="x")).error == "There is nobody called zoe."
    assert (await say(channel="video", user="ana", text="x", thread="1")).error == "There is no thread on this message."
    assert sandbox.platform.messages("nowhere") == []


async def test_a_subcommand_picks_people_and_is_for_managers_only(sandbox: Sandbox, bot: Bot) -> None:
    by_ana = await sandbox.platform.say(channel="video", user="ana", text="/team grant member:@ben amount:500")
    by_ben = await sandbox.platform.say(channel="video", user="ben", text="/team grant member:@ben amount:500")

    assert by_ana.ephemeral == ("ben gets 500",)
    assert by_ben.error == "You do not have permission to use this command."
    assert bot.interactions[0].permissions.manage_guild


async def test_the_completion_knows_every_command_and_its_options(sandbox: Sandbox, bot: Bot) -> None:
    hints = {hint.command: hint for hint in sandbox.platform.commands()}

    assert {"/video", "/credits", "/team grant"} <= set(hints)
    by_name = {option["name"]: option for option in hints["/video"].options}
    assert by_name["prompt"]["required"] is True
    assert by_name["tier"]["choices"] == ["pro", "draft"]
    assert by_name["audio"]["choices"] == [True, False]


async def test_an_image_is_uploaded_and_the_bot_can_fetch_it(sandbox: Sandbox, bot: Bot) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (6, 4), "red").save(picture, "PNG")
    source = await sandbox.channel(bot).send(file=discord.File(io.BytesIO(picture.getvalue()), "start.png"))

    heard = await sandbox.platform.say(
        channel="video", user="ana", text="/video a red fox", image=source.attachments[0].url
    )
    no_place = await sandbox.platform.say(channel="video", user="ana", text="/credits", image=source.attachments[0].url)
    no_file = await sandbox.platform.say(
        channel="video", user="ana", text="/video a fox", image=sandbox.world.base_url + "/discord/none.png"
    )

    assert heard.ok
    assert bot.asked[0]["image"] == picture.getvalue()
    assert (source.attachments[0].width, source.attachments[0].height) == (6, 4)
    assert no_place.error == "This command takes no file."
    assert no_file.error.startswith("The file could not be fetched")


async def test_a_command_in_a_thread_is_used_in_that_thread(sandbox: Sandbox, bot: Bot) -> None:
    root = await sandbox.channel(bot, "video").send("root")
    thread = await open_thread(bot, root, "fox")

    await sandbox.platform.say(channel="video", user="ana", text="/video a red fox", thread=str(root.id))

    (shown,) = sandbox.platform.messages("video")
    assert bot.asked[0]["channel"] == thread.id
    assert [one["text"] for one in shown["thread"]] == ["Making a red fox"]


async def test_a_command_in_direct_messages_has_a_user_and_no_guild(sandbox: Sandbox, bot: Bot) -> None:
    heard = await sandbox.platform.say(channel="@ana", user="ana", text="/credits")

    assert heard.ephemeral[0] == "10000 credits"
    assert (await sandbox.platform.say(channel="@ana", user="ben", text="hi")).error == "There is no channel @ana."
    assert bot.interactions[0].guild is None
    assert bot.interactions[0].user.name == "ana"


async def test_a_command_works_where_the_bot_cannot_look(sandbox: Sandbox, bot: Bot) -> None:
    heard = await sandbox.platform.say(channel="quiet", user="ana", text="/video a red fox")

    assert heard.ok
    assert not bot.interactions[0].app_permissions.view_channel
    assert bot.interactions[0].filesize_limit == 10 * 1024 * 1024


async def test_a_deferred_answer_is_shown_as_thinking_until_it_is_there(sandbox: Sandbox, bot: Bot) -> None:
    saying = asyncio.create_task(sandbox.platform.say(channel="video", user="ana", text="/slow"))
    await until(lambda: sandbox.platform.messages("video"))

    assert sandbox.platform.messages("video")[0]["text"] == "Neverdark is thinking…"
    bot.thought.set()
    heard = await saying

    (message,) = sandbox.platform.messages("video")
    assert (heard.ok, heard.ephemeral) == (True, ())
    assert (message["text"], message["edits"]) == ("thought about it", 0)
    assert sandbox.platform.drawn("video")[0]["interaction"] == {"user": "ana", "command": "slow"}


async def test_the_bot_suggests_values_while_a_command_is_typed(sandbox: Sandbox, bot: Bot) -> None:
    @bot.tree.command(description="Pick a style")
    async def style(interaction: discord.Interaction, look: str) -> None:
        await interaction.response.send_message(look)

    @style.autocomplete("look")
    async def looks(interaction: discord.Interaction, typed: str) -> list[discord.app_commands.Choice[str]]:
        return [discord.app_commands.Choice(name=f"{typed} noir", value="noir")]

    await bot.tree.sync()

    found = await sandbox.platform.suggest(channel="video", user="ana", text="/style look:film", option="look")

    assert found == [{"name": "film noir", "value": "noir"}]


@pytest.mark.parametrize(
    ("count", "letters", "refusals"), [(25, 100, []), (26, 5, [50035]), (1, 101, [50035])], ids=["most", "many", "long"]
)
async def test_suggestions_are_25_at_most_of_100_letters(
    sandbox: Sandbox, bot: Bot, count: int, letters: int, refusals: list[int]
) -> None:
    errors: list[int] = []

    @bot.tree.command(description="Pick a style")
    async def style(interaction: discord.Interaction, look: str) -> None:
        await interaction.response.send_message(look)

    @style.autocomplete("look")
    async def looks(interaction: discord.Interaction, typed: str) -> list[discord.app_commands.Choice[str]]:
        offered = [discord.app_commands.Choice(name=f"{n:02}".ljust(letters, "x"), value=str(n)) for n in range(count)]
        try:
            await interaction.response.autocomplete(offered)
        except discord.HTTPException as error:
            errors.append(error.code)
        return []

    await bot.tree.sync()
    found = await sandbox.platform.suggest(channel="video", user="ana", text="/style look:film", option="look")

    assert errors == refusals
    assert len(found) == (0 if refusals else count)
