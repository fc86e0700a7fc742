"""Cards with a video in one frame: within Discord's limits, pressed, found again, veiled, and plain where refused."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import discord
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.discord.api.places import Place
from bots.discord.delivery.chat import DiscordChat, mark
from bots.discord.drawing import layout
from core.domain.chat.chat_errors import CardRefused
from core.domain.ids import UserId
from core.ports import LocalClip
from core.replies.chat.card import Action, Button, Card, Drawing, Menu, Picture, QuotedText, SmallPrint, Text, Tone
from sandbox.discord import GUILD_ID
from sandbox.discord.components import TEXT, TEXT_MAX, V2_MAX, Checker, walk
from sandbox.discord.errors import FormErrors
from sandbox.discord.fixtures import CHANNEL_IDS, PEOPLE_BY_NAME
from sandbox.discord.model import Attachment
from tests.bots.cards import SUBJECT, cards
from tests.quick import examples
from tests.sandbox.discord.harness import Sandbox
from tests.sandbox.discord.openapi import load

ANA = UserId(PEOPLE_BY_NAME["ana"].id)
GENERAL = Place(channel=CHANNEL_IDS["general"], guild=GUILD_ID).packed()
V2 = 1 << 15
READY = Card(
    title="Your video is ready",
    tone=Tone.GOOD,
    parts=(
        Text("Veo 3.1 took too long, so Kling 3.0 made it."),
        SmallPrint("71 credits · 8 s"),
        Button(Action.AGAIN, "Again", SUBJECT),
        Menu("More", (Button(Action.DETAILS, "Details", SUBJECT),)),
    ),
    ping=ANA,
)
FILES = {
    "fox.mp4": Attachment(id=7, filename="fox.mp4", content_type="video/mp4", size=1, url="http://x/f", path=Path())
}


def _file(*, spoiler: bool = False) -> discord.File:
    return discord.File(io.BytesIO(b"\x00"), filename="fox.mp4", spoiler=spoiler, description="a red fox")


def _checked(components: list[dict[str, Any]], files: dict[str, Attachment] = FILES) -> list[dict[str, Any]]:
    errors = FormErrors()
    made = Checker(errors, v2=True, attachments=files).read(components)
    errors.check()
    return made


@given(card=cards())
@settings(max_examples=examples(60))
async def test_any_card_with_a_video_is_a_frame_that_discord_takes(card: Card) -> None:
    drawn = layout.layout(card, mark="0a1b2c3d", file=_file())
    made = list(walk(_checked(drawn.to_components())))
    assert len(made) <= V2_MAX
    assert sum(len(one["content"]) for one in made if one["type"] == TEXT) <= TEXT_MAX
    assert drawn.timeout is None


@given(card=cards())
@settings(max_examples=examples(30))
async def test_any_such_message_is_what_discords_own_schema_allows(card: Card) -> None:
    drawn = layout.layout(card, mark="0a1b2c3d", file=_file())
    body = {"components": drawn.to_components(), "flags": V2, "allowed_mentions": {"parse": []}}
    assert load().request_problems("POST", "/channels/1/messages", body) == []


@given(small=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200))
async def test_small_print_is_small_on_every_line(small: str) -> None:
    card = Card(title="t", parts=(SmallPrint(small),))
    drawn = layout.layout(card, mark="m", file=_file())
    texts = [one["content"] for one in walk(drawn.to_components()) if one["type"] == TEXT]
    assert all(line.startswith("-# ") for line in "\n".join(texts[1:]).split("\n") if texts[1:])


async def test_a_card_with_far_more_than_a_message_may_have_is_cut() -> None:
    buttons = tuple(Button(action, "*" * 300, SUBJECT) for action in Action)
    menus = tuple(Menu("m" * 300, (Button(Action.DETAILS, "d", SUBJECT),)) for _ in range(4))
    pictures = tuple(Picture(f"https://example.org/{n}.png", "a fox") for n in range(20))
    said = tuple(kind("*" * 2500) for kind in (Text, QuotedText, SmallPrint) * 20)
    card = Card(title="#" * 500, parts=(*said, *pictures, *buttons, *menus), ping=ANA)
    _checked(layout.layout(card, mark="0a1b2c3d", file=_file()).to_components())


async def test_a_video_behind_a_veil_is_behind_it_in_the_frame_as_well() -> None:
    drawn = layout.layout(READY, mark="m", file=_file(spoiler=True)).to_components()
    (gallery,) = [one for one in walk(drawn) if one["type"] == 12]
    assert gallery["items"] == [
        {"media": {"url": "attachment://SPOILER_fox.mp4"}, "spoiler": True, "description": "a red fox"}
    ]


@pytest.fixture
def clip(tmp_path: Path) -> LocalClip:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"\x00" * 4000)
    return LocalClip(path=path, filename="fox.mp4", size=4000, width=1920, height=1080, duration_s=8.0, alt="a fox")


async def _upload(chat: DiscordChat, clip: LocalClip, card: Card = READY, **how: Any) -> str:
    given: dict[str, Any] = {"key": uuid4(), "memory": {}, "look_first": False} | how
    return [known async for known in chat.upload(GENERAL, clip, card, **given)][-1]["message"]


async def test_a_result_is_one_frame_with_its_video_its_words_and_its_buttons(
    sandbox: Sandbox, chat: DiscordChat, clip: LocalClip
) -> None:
    await _upload(chat, replace(clip, is_spoiler=True))
    (shown,) = sandbox.platform.drawn("general")
    raw = shown["raw"]
    assert (raw["content"], raw["embeds"], raw["flags"] & V2) == ("", [], V2)
    mention, box = raw["components"]
    assert mention["content"] == f"<@{ANA}>"
    assert [one["type"] for one in box["components"]] == [10, 12, 10, 1, 1]
    assert box["components"][1]["items"][0]["spoiler"] is True
    assert [each["name"] for each in shown["files"]] == ["SPOILER_fox.mp4"]
    assert [each["label"] for each in shown["actions"]] == ["Again", "Details"]
    (sent,) = [each.request for each in sandbox.platform.exchanges if each.request and each.request.get("flags")]
    assert sent["allowed_mentions"] == {"parse": [], "users": [int(ANA)]}


async def test_a_lost_result_is_found_by_the_buttons_inside_its_frame(
    sandbox: Sandbox, chat: DiscordChat, clip: LocalClip
) -> None:
    key = uuid4()
    message = await _upload(chat, clip, key=key)
    assert await chat.find(GENERAL, key=key) == message
    assert await chat.find(GENERAL, key=uuid4()) is None
    (shown,) = sandbox.platform.messages("general")
    assert all(mark(key) in each["action"] for each in shown["actions"])


async def test_where_discord_refuses_the_frame_plain_words_come_with_the_file(
    sandbox: Sandbox, chat: DiscordChat, clip: LocalClip
) -> None:
    sandbox.platform.faults.add("UPLOAD /channels/{channel}/messages", "50035", times=1)
    with pytest.raises(CardRefused):
        await _upload(chat, clip)
    await _upload(chat, clip, replace(READY, drawing=Drawing.TEXT))
    (shown,) = sandbox.platform.drawn("general")
    assert shown["raw"]["flags"] & V2 == 0
    assert shown["text"].startswith("@ana\nYour video is ready\nVeo 3.1 took too long")
    assert [each["name"] for each in shown["files"]] == ["fox.mp4"]
