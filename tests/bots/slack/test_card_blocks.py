"""Slack's own cards for what came of a video, and plain blocks where a workspace does not take them."""

from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from bots.slack.api.literal import literal
from bots.slack.api.places import Place
from bots.slack.delivery.chat import SlackChat, client
from bots.slack.drawing import render
from bots.slack.drawing.card_blocks import TITLE_MAX, CardBlocks
from core.domain.chat.chat_errors import CardRefused
from core.replies.chat.card import Card, LinkButton, ListLine, Picture, SmallPrint, Text, Tone
from sandbox.slack import BOT_TOKEN, Slack
from sandbox.slack.blockkit import message_problems
from tests.sandbox.slack.schema import SCHEMA, block_problems

POSTER = Picture("https://video.test/v/1.jpg", alt="a *red* fox")
CAME = Card(title="a *red* fox <!channel>", tone=Tone.GOOD, parts=(Text("Ready · Veo"), POSTER, SmallPrint("by ana")))
TAKES = Card(
    title="Take 1 was picked",
    parts=(
        *(ListLine(f"Take {n}", picture=Picture(f"https://video.test/v/{n}.jpg", alt=f"Take {n}")) for n in (2, 3)),
        LinkButton("Watch take 2", "https://video.test/v/2"),
    ),
)
GENERAL = Place(channel="C0GENERAL").packed()


@pytest_asyncio.fixture
async def wide(slack: Slack) -> Any:
    chat = SlackChat(client(BOT_TOKEN, f"{slack.world.base_url}/slack/api/"), cards=True)
    yield chat
    await chat.aclose()


def _types(blocks: list[dict[str, Any]]) -> list[str]:
    return [block["type"] for block in blocks]


def _sent(slack: Slack, method: str = "chat.postMessage") -> list[list[str]]:
    return [_types(arguments["blocks"]) for name, arguments in slack.requests if name == method]


def test_what_came_is_a_card_under_its_picture_and_several_takes_stand_side_by_side() -> None:
    (card,) = render.blocks(CAME, cards=True)
    assert card["hero_image"] == {
        "type": "image",
        "image_url": POSTER.url,
        "alt_text": "a \u200b*\u200bred\u200b*\u200b fox",
    }
    assert card["title"]["text"] == "🎬 a \u200b*\u200bred\u200b*\u200b fox &lt;!channel&gt;"
    assert (card["subtitle"]["text"], card["body"]["text"]) == ("Ready · Veo", "by ana")
    drawn = render.blocks(TAKES, cards=True)
    assert _types(drawn) == ["rich_text", "carousel", "actions"]
    assert [each["title"]["text"] for each in drawn[1]["elements"]] == ["Take 2", "Take 3"]
    for blocks in (render.blocks(CAME, cards=True), drawn):
        assert message_problems(blocks) == []
        assert not SCHEMA.exists() or block_problems(blocks) == []


def test_without_the_setting_and_where_something_is_too_long_the_blocks_are_plain() -> None:
    assert "card" not in _types(render.blocks(CAME))
    assert "carousel" not in _types(render.blocks(TAKES))
    long = Card(title="a" * TITLE_MAX, tone=Tone.GOOD, parts=CAME.parts)
    assert "card" not in _types(render.blocks(long, cards=True)), "the mark is counted, too"
    assert "card" not in _types(render.blocks(Card(title="a fox", parts=CAME.parts, ping="U0ANA"), cards=True))
    one = Card(title="Take 1 was picked", parts=(*TAKES.parts[:1], *TAKES.parts[2:]))
    assert "carousel" not in _types(render.blocks(one, cards=True))


@given(st.text(max_size=400), st.integers(1, 200))
def test_words_of_a_person_fit_and_hold_no_mark_of_slacks(words: str, most: int) -> None:
    written = literal(words, most=most)
    assert len(written) <= most
    assert not {"<", ">"} & set(written)


async def test_a_workspace_that_refuses_cards_gets_plain_blocks_once_and_from_then_on(
    slack: Slack, wide: SlackChat
) -> None:
    slack.store.no_cards = True
    message = await wide.post(GENERAL, CAME, key=uuid4())
    await wide.post(GENERAL, TAKES, key=uuid4())
    await wide.edit(GENERAL, message, CAME, key=uuid4())
    first, again, *after = _sent(slack)
    assert first == ["card"]
    assert "card" not in again
    assert all("carousel" not in types for types in after)
    assert _sent(slack, "chat.update") == [again]
    assert len(slack.messages("general")) == 2


async def test_where_they_are_taken_they_stay_also_in_an_edit(slack: Slack, wide: SlackChat) -> None:
    message = await wide.post(GENERAL, Card(title="a fox"), key=uuid4())
    await wide.edit(GENERAL, message, CAME, key=uuid4())
    await wide.post(GENERAL, TAKES, key=uuid4())
    assert _sent(slack, "chat.update") == [["card"]]
    assert "carousel" in _sent(slack)[-1]


async def test_any_other_refusal_is_no_reason_to_try_again_and_one_workspace_tells_nothing_of_another() -> None:
    tried: list[bool] = []
    known = CardBlocks(on=True)

    def draw(cards: bool) -> list[dict[str, Any]]:  # noqa: FBT001 - as CardBlocks asks
        tried.append(cards)
        return [{"type": "card" if cards else "section"}]

    async def refuse(_blocks: list[dict[str, Any]]) -> None:
        raise CardRefused("msg_blocks_too_long")

    async def only_plain(blocks: list[dict[str, Any]]) -> str:
        if blocks[0]["type"] == "card":
            raise CardRefused("invalid_blocks: unsupported type: card")
        return "sent"

    with pytest.raises(CardRefused):
        await known.sent("T1", draw, refuse)
    assert await known.sent("T1", draw, only_plain) == "sent"
    assert await known.sent("T1", draw, only_plain) == "sent"
    assert tried == [True, True, False, False]
    await known.sent("T2", draw, only_plain)
    assert tried[4:] == [True, False]
