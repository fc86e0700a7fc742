"""Buttons and modals, in both layouts, and what a person reads in them."""

import base64

import discord
import pytest

from sandbox.discord import CHANNEL_IDS, GUILD_ID
from tests.sandbox.discord.harness import Bot, Sandbox, open_thread, video


async def test_a_button_without_a_stored_view_reaches_its_handler(sandbox: Sandbox, bot: Bot) -> None:
    await sandbox.platform.say(channel="video", user="ana", text="/video a red fox")
    (message,) = sandbox.platform.messages("video")

    heard = await sandbox.platform.press(channel="video", message=message["id"], action="again:7", user="ben")

    (after,) = sandbox.platform.messages("video")
    assert heard.ok
    assert bot.interactions[-1].user.name == "ben"
    assert (after["text"], after["actions"], after["edits"]) == ("again 7", [], 1)


async def test_a_button_that_is_gone_or_grey_cannot_be_pressed(sandbox: Sandbox, bot: Bot) -> None:
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="Cancel", custom_id="cancel", disabled=True))
    view.add_item(discord.ui.Button(label="Look", url="https://example.com"))
    sent = await sandbox.channel(bot, "video").send("x", view=view)
    press = sandbox.platform.press

    grey = await press(channel="video", message=str(sent.id), action="cancel", user="ana")
    gone = await press(channel="video", message="1", action="cancel", user="ana")
    nobody = await press(channel="video", message=str(sent.id), action="cancel", user="zoe")

    assert sandbox.platform.messages("video")[0]["actions"] == []
    assert (grey.ok, gone.ok, nobody.ok) == (False, False, False)
    assert gone.error == "This message is gone."
    assert nobody.error == "There is nobody called zoe."


async def test_components_v2_are_read_and_pressed_in_a_thread(sandbox: Sandbox, bot: Bot) -> None:
    class Card(discord.ui.LayoutView):
        box = discord.ui.Container[discord.ui.LayoutView]()

    card = Card(timeout=None)
    card.box.add_item(discord.ui.TextDisplay("## A red fox"))
    card.box.add_item(discord.ui.Separator())
    card.box.add_item(discord.ui.Section("made by Kling", accessory=discord.ui.Button(label="Like", custom_id="like")))
    card.box.add_item(discord.ui.MediaGallery(discord.MediaGalleryItem("attachment://fox.mp4", description="A fox")))
    card.box.add_item(discord.ui.File("attachment://fox.mp4"))

    @bot.event
    async def on_interaction(interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"liked in {interaction.channel_id}", ephemeral=True)

    thread = await open_thread(bot, await sandbox.channel(bot, "video").send("root"), "fox")
    sent = await thread.send(view=card, files=[video(name="fox.mp4"), video(name="hidden.mp4")])

    (shown,) = sandbox.platform.messages("video")[0]["thread"]
    heard = await sandbox.platform.press(channel="video", message=str(sent.id), action="like", user="ana")

    assert shown["text"] == "A red fox\nmade by Kling"
    assert shown["actions"] == [{"action": "like", "label": "Like"}]
    assert [file["name"] for file in shown["files"]] == ["fox.mp4"]
    assert heard.ephemeral == (f"liked in {thread.id}",)


async def test_a_modal_is_opened_filled_and_sent(sandbox: Sandbox, bot: Bot) -> None:
    opened = await sandbox.platform.say(channel="video", user="ana", text="/rework")
    assert opened.modal is not None
    prompt, tier = opened.modal.fields

    heard = await sandbox.platform.submit(modal=opened.modal.id, user="ana", values={prompt.name: "a blue fox"})
    again = await sandbox.platform.submit(modal=opened.modal.id, user="ana", values={})

    assert opened.modal.title == "Change the prompt"
    assert (prompt.label, prompt.value, prompt.multiline) == ("Prompt", "a red fox", True)
    assert (tier.label, tier.value, tier.options) == ("Tier", "pro", ("pro", "Draft"))
    assert heard.ephemeral == ("a blue fox / pro",)
    assert (again.ok, again.error) == (False, "This modal is not open any more.")


@pytest.mark.parametrize(("given", "read"), [(("one", "two"), "one.png one, two.png two"), ((), "nothing")])
async def test_files_of_a_modal_are_uploaded_and_read(
    sandbox: Sandbox, bot: Bot, given: tuple[str, ...], read: str
) -> None:
    opened = await sandbox.platform.say(channel="video", user="ana", text="/pictures")
    assert opened.modal is not None
    (field,) = opened.modal.fields
    assert (field.label, field.files) == ("Files", 2)
    addresses = [f"data:image/png;name={name}.png;base64,{base64.b64encode(name.encode()).decode()}" for name in given]

    many = await sandbox.platform.submit(
        modal=opened.modal.id, user="ana", values={"files": "\n".join(["data:image/png;base64,eA=="] * 3)}
    )
    heard = await sandbox.platform.submit(modal=opened.modal.id, user="ana", values={"files": "\n".join(addresses)})

    assert (many.ok, many.error) == (False, "Files: add at most 2.")
    assert heard.ephemeral == (read,)


@pytest.mark.parametrize("text", ["", "x" * 51])
async def test_a_modal_that_is_filled_wrongly_is_not_sent(sandbox: Sandbox, bot: Bot, text: str) -> None:
    opened = await sandbox.platform.say(channel="video", user="ana", text="/rework")
    assert opened.modal is not None
    values = {opened.modal.fields[0].name: text, opened.modal.fields[1].name: "gold"}

    heard = await sandbox.platform.submit(modal=opened.modal.id, user="ana", values=values)
    of_another = await sandbox.platform.submit(modal=opened.modal.id, user="ben", values={})

    assert not heard.ok
    assert heard.error.startswith("Prompt: ")
    assert "Tier: pick from pro, Draft." in heard.error
    assert not of_another.ok
    assert len(bot.interactions) == 1


async def test_an_ephemeral_message_belongs_to_its_person(sandbox: Sandbox, bot: Bot) -> None:
    @bot.tree.command(description="For you")
    async def secret(interaction: discord.Interaction) -> None:
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Button(label="Tell", custom_id="tell"))
        await interaction.response.send_message("psst", ephemeral=True, view=view)

    @bot.event
    async def on_interaction(interaction: discord.Interaction) -> None:
        if interaction.type is discord.InteractionType.component:
            await interaction.response.edit_message(content="told", view=None)

    await bot.tree.sync()
    heard = await sandbox.platform.say(channel="video", user="ana", text="/secret")
    told = [news for news in sandbox.world.recent if news["type"] == "ephemeral"]
    message_id = told[0]["id"]

    of_another = await sandbox.platform.press(channel="video", message=message_id, action="tell", user="ben")
    pressed = await sandbox.platform.press(channel="video", message=message_id, action="tell", user="ana")
    with pytest.raises(discord.NotFound) as hidden:
        await sandbox.channel(bot, "video").get_partial_message(int(message_id)).edit(content="x")

    assert heard.ephemeral == ("psst",)
    assert (told[0]["user"], told[0]["channel"], told[0]["drawn"]["text"]) == ("ana", "video", "psst")
    assert (of_another.ok, of_another.error) == (False, "This message is gone.")
    assert (pressed.ok, pressed.ephemeral) == (True, ("told",))
    assert [news["drawn"]["text"] for news in sandbox.world.recent if news["type"] == "ephemeral"][-1] == "told"
    assert hidden.value.code == 10008
    assert sandbox.platform.messages("video") == []


async def test_a_message_is_read_as_a_person_reads_it(sandbox: Sandbox, bot: Bot) -> None:
    ana = sandbox.platform.people[0]
    embed = discord.Embed(title="A red fox", description=f"for <@{ana.id}> in <#{CHANNEL_IDS['video']}>")
    embed.add_field(name="Price", value="96 credits").set_footer(text="Neverdark").set_author(name="Kling")

    await sandbox.channel(bot).send("[Look](https://example.com/x) until <t:0:d>", embed=embed)

    assert sandbox.platform.messages("general")[0]["text"].split("\n") == [
        "Look until 1970-01-01 00:00 UTC",
        "Kling",
        "A red fox",
        "for @ana in #video",
        "Price",
        "96 credits",
        "Neverdark",
    ]


async def test_the_page_gets_all_that_it_needs_to_draw(sandbox: Sandbox, bot: Bot) -> None:
    await sandbox.platform.say(channel="video", user="ana", text="/video a red fox")
    await sandbox.platform.say(channel="video", user="ben", text="nice")

    answer, remark = sandbox.platform.drawn("video")

    assert answer["interaction"] == {"user": "ana", "command": "video"}
    assert (answer["bot"], answer["edited"], remark["bot"]) == (True, False, False)
    assert answer["raw"]["content"] == "Making a red fox"
    assert answer["raw"]["components"][0]["components"][0]["custom_id"] == "again:7"
    assert answer["at"] <= remark["at"]
    assert "interaction" not in remark


async def test_only_allowed_mentions_ping(sandbox: Sandbox, bot: Bot) -> None:
    ana, ben = sandbox.platform.people[:2]
    channel = sandbox.channel(bot)

    none = await channel.send(f"<@{ana.id}>", allowed_mentions=discord.AllowedMentions.none())
    one = await channel.send(
        f"<@{ana.id}> <@{ben.id}>", allowed_mentions=discord.AllowedMentions(users=[discord.Object(int(ben.id))])
    )

    assert none.mentions == []
    assert [user.name for user in one.mentions] == ["ben"]


async def test_a_reply_points_to_its_message(sandbox: Sandbox, bot: Bot) -> None:
    first = await sandbox.channel(bot).send("first")

    reply = await first.reply("second")

    assert reply.reference is not None
    assert reply.reference.message_id == first.id
    assert (await sandbox.channel(bot).fetch_message(reply.id)).type is discord.MessageType.reply
    assert reply.guild is not None
    assert reply.guild.id == GUILD_ID
