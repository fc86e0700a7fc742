"""The life of an interaction: 3 s for the first answer, one answer only, 15 minutes for followups."""

import io
from typing import Any

import discord
import httpx
import pytest

from sandbox.discord import APPLICATION_ID, Rules
from tests.sandbox.discord.harness import Bot, Sandbox


@pytest.fixture
def rules() -> Rules:
    return Rules(upload_bytes=1000)


async def used(sandbox: Sandbox, bot: Bot, text: str = "/late") -> discord.Interaction:
    """An interaction that its bot has left alone, or answered."""
    await sandbox.platform.say(channel="video", user="ana", text=text)
    return bot.interactions[-1]


async def answer(http: httpx.AsyncClient, one: discord.Interaction, body: dict[str, Any]) -> httpx.Response:
    return await http.post(f"/interactions/{one.id}/{one.token}/callback?with_response=1", json=body)


@pytest.mark.parametrize("rules", [Rules(answer_s=0.3)])
async def test_without_an_answer_in_time_the_person_is_told_and_the_bot_is_too_late(sandbox: Sandbox, bot: Bot) -> None:
    heard = await sandbox.platform.say(channel="video", user="ana", text="/late")
    interaction = bot.interactions[0]

    assert (heard.ok, heard.ephemeral) == (False, ("The application did not respond",))
    with pytest.raises(discord.NotFound) as late:
        await interaction.response.send_message("sorry")
    with pytest.raises(discord.NotFound) as followup:
        await interaction.followup.send("sorry")
    assert (late.value.code, followup.value.code) == (10062, 10015)
    assert sandbox.platform.messages("video") == []


@pytest.mark.parametrize("rules", [Rules(answer_s=0.3)])
async def test_nobody_at_the_gateway_is_no_answer(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    await http.put(f"/applications/{APPLICATION_ID}/commands", json=[{"name": "video", "description": "x"}])

    heard = await sandbox.platform.say(channel="video", user="ana", text="/video")

    assert heard.ephemeral == ("The application did not respond",)


async def test_a_second_answer_is_refused(sandbox: Sandbox, bot: Bot, http: httpx.AsyncClient) -> None:
    interaction = await used(sandbox, bot, "/video a red fox")

    again = await answer(http, interaction, {"type": 4, "data": {"content": "again"}})

    assert (again.status_code, again.json()["code"]) == (400, 40060)


async def test_a_redelivered_command_is_the_same_to_the_byte(sandbox: Sandbox, bot: Bot) -> None:
    raw: list[dict[str, Any]] = []
    parse = bot._connection.parsers["INTERACTION_CREATE"]

    def keep(data: dict[str, Any]) -> None:
        raw.append(data)
        parse(data)

    bot._connection.parsers["INTERACTION_CREATE"] = keep
    await sandbox.platform.say(channel="video", user="ana", text="/video a red fox")

    heard = await sandbox.platform.redeliver()

    assert heard.ok
    assert heard.ephemeral == ()
    assert raw[0] == raw[1]
    assert len(sandbox.platform.messages("video")) == 1
    assert [each.response["code"] for each in sandbox.platform.exchanges if each.status == 400] == [40060]


async def test_before_any_command_there_is_nothing_to_redeliver(sandbox: Sandbox) -> None:
    assert (await sandbox.platform.redeliver()).error == "No command has been sent yet."


async def test_a_followup_is_one_message_more(sandbox: Sandbox, bot: Bot) -> None:
    interaction = await used(sandbox, bot, "/video a red fox")

    await interaction.followup.send("one more")

    assert [one["text"] for one in sandbox.platform.messages("video")] == ["Making a red fox", "one more"]


@pytest.mark.parametrize("rules", [Rules(token_s=0.0)])
async def test_followups_end_with_the_token(sandbox: Sandbox, bot: Bot, http: httpx.AsyncClient) -> None:
    interaction = await used(sandbox, bot, "/video a red fox")

    expired = await http.post(f"/webhooks/{APPLICATION_ID}/{interaction.token}", json={"content": "late"})
    unknown = await http.post(f"/webhooks/{APPLICATION_ID}/nonsense", json={"content": "late"})

    assert (expired.status_code, expired.json()["code"]) == (401, 50027)
    assert (unknown.status_code, unknown.json()["code"]) == (404, 10015)
    assert [one["text"] for one in sandbox.platform.messages("video")] == ["Making a red fox"]


async def test_the_original_answer_is_read_edited_with_a_file_and_deleted(sandbox: Sandbox, bot: Bot) -> None:
    interaction = await used(sandbox, bot, "/video a red fox")

    read = await interaction.original_response()
    edited = await interaction.edit_original_response(
        content="done", attachments=[discord.File(io.BytesIO(b"x"), "a.txt")]
    )
    await interaction.delete_original_response()

    assert read.content == "Making a red fox"
    assert edited.id == read.id
    assert [one.filename for one in edited.attachments] == ["a.txt"]
    with pytest.raises(discord.NotFound) as gone:
        await interaction.edit_original_response(content="x")
    assert gone.value.code == 10008
    assert sandbox.platform.messages("video") == []


async def test_a_deferral_decides_who_sees_the_answer(sandbox: Sandbox, bot: Bot) -> None:
    @bot.tree.command(description="Public first")
    async def public(interaction: discord.Interaction) -> None:
        await interaction.response.defer(thinking=True)
        await interaction.followup.send("for all", ephemeral=True)

    await bot.tree.sync()

    heard = await sandbox.platform.say(channel="video", user="ana", text="/public")

    assert heard.ephemeral == ()
    assert [one["text"] for one in sandbox.platform.messages("video")] == ["for all"]


async def test_a_private_word_can_replace_a_public_deferral(sandbox: Sandbox, bot: Bot) -> None:
    @bot.tree.command(description="Takes it back")
    async def back(interaction: discord.Interaction) -> None:
        await interaction.response.defer(thinking=True)
        await interaction.delete_original_response()
        await interaction.followup.send("only you", ephemeral=True)

    await bot.tree.sync()

    heard = await sandbox.platform.say(channel="video", user="ana", text="/back")

    assert heard.ephemeral == ("only you",)
    assert sandbox.platform.messages("video") == []


@pytest.mark.parametrize("rules", [Rules(answer_s=1.0)])
async def test_a_private_deferral_that_stays_open_is_seen_as_thinking(sandbox: Sandbox, bot: Bot) -> None:
    @bot.tree.command(description="Never done")
    async def forever(interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)

    await bot.tree.sync()

    heard = await sandbox.platform.say(channel="video", user="ana", text="/forever")

    assert (heard.ok, heard.ephemeral) == (True, ("Neverdark is thinking…",))


@pytest.mark.parametrize("kind", [1, 6, 7, 8, 99])
async def test_a_command_cannot_be_answered_in_every_way(
    sandbox: Sandbox, bot: Bot, http: httpx.AsyncClient, kind: int
) -> None:
    refused: list[httpx.Response] = []

    @bot.event
    async def on_interaction(interaction: discord.Interaction) -> None:
        refused.append(await answer(http, interaction, {"type": kind, "data": {"content": "x"}}))
        await interaction.response.send_message("fine")

    heard = await sandbox.platform.say(channel="video", user="ana", text="/late")

    assert (refused[0].status_code, refused[0].json()["code"]) == (400, 50035)
    assert heard.ok


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"title": "t" * 46, "custom_id": "m", "components": [{"type": 10, "content": "x"}]}, "title"),
        ({"title": "t", "custom_id": "m" * 101, "components": [{"type": 10, "content": "x"}]}, "custom_id"),
        ({"title": "t", "custom_id": "m", "components": []}, "components"),
        ({"title": "t", "custom_id": "m", "components": [{"type": 10, "content": "x"}] * 6}, "components"),
        ({"title": "t", "custom_id": "m", "components": [{"type": 17}]}, "components"),
    ],
)
async def test_a_modal_over_its_limits_is_refused(
    sandbox: Sandbox, bot: Bot, http: httpx.AsyncClient, data: dict[str, Any], path: str
) -> None:
    refused: list[httpx.Response] = []

    @bot.event
    async def on_interaction(interaction: discord.Interaction) -> None:
        refused.append(await answer(http, interaction, {"type": 9, "data": data}))
        await interaction.response.send_message("fine")

    await sandbox.platform.say(channel="video", user="ana", text="/late")

    assert refused[0].json()["code"] == 50035
    assert path in refused[0].json()["errors"]["data"]


async def test_a_file_in_an_answer_has_the_limit_that_the_interaction_names(sandbox: Sandbox, bot: Bot) -> None:
    interaction = await used(sandbox, bot, "/video a red fox")
    assert interaction.filesize_limit == 1000

    with pytest.raises(discord.HTTPException) as refused:
        await interaction.followup.send(file=discord.File(__file__, "too-large.txt"))

    assert refused.value.code == 40005
