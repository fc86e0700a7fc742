"""Cards as Block Kit: always within Slack's limits, and a person's words always to the letter."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.slack.drawing import render
from bots.slack.drawing.buttons import value
from bots.slack.drawing.buttons_drawn import LABEL_MAX
from core.replies.chat.card import (
    Action,
    Button,
    Card,
    Fact,
    LinkButton,
    ListLine,
    Menu,
    Moment,
    Person,
    Progress,
    QuotedText,
    SmallPrint,
    Text,
    Tone,
)
from sandbox.slack import readable
from sandbox.slack.blockkit import MESSAGE_CHARACTERS_MAX, characters, message_problems
from tests.bots.cards import NASTY, SUBJECT, cards, words
from tests.quick import examples
from tests.sandbox.slack.schema import block_problems, need_schema

LEAST = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=2000)


def _walk(value: Any) -> list[dict[str, Any]]:
    inner = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    return ([value] if isinstance(value, dict) else []) + [found for each in inner for found in _walk(each)]


@given(cards())
def test_any_card_is_something_that_slack_takes(card: Card) -> None:
    blocks = render.blocks(card)
    assert message_problems(blocks) == []
    assert characters(blocks) <= MESSAGE_CHARACTERS_MAX


def test_a_card_with_far_too_much_to_say_is_cut_to_what_slack_takes() -> None:
    parts = tuple(kind("a" * 2500) for kind in (Text, QuotedText, SmallPrint) * 20)
    blocks = render.blocks(Card(title="t", parts=parts))
    assert message_problems(blocks) == []
    assert characters(blocks) <= MESSAGE_CHARACTERS_MAX


@given(cards())
@settings(max_examples=examples(40))
def test_any_card_is_what_slacks_own_types_allow(card: Card) -> None:
    need_schema()
    assert block_problems(render.blocks(card)) == []


@given(cards())
def test_no_words_are_ever_read_as_markup(card: Card) -> None:
    words = [word for part in card.parts if isinstance(part, ListLine) for word in part.words]
    named = {word.id for word in words if isinstance(word, Person)}
    for piece in _walk(render.blocks(card)):
        assert piece.get("type") not in {"mrkdwn", "markdown", "link", "broadcast", "usergroup", "emoji"}
        assert piece.get("type") != "user" or piece["user_id"] in named, "nobody else was to be notified"
        assert piece.get("emoji", False) is False or len(piece["text"]) <= LABEL_MAX


@given(LEAST)
def test_a_prompt_is_read_back_to_the_letter(prompt: str) -> None:
    assert readable(render.blocks(Card(title="A new video", parts=(QuotedText(prompt),)))) == f"A new video\n{prompt}"


@given(LEAST)
def test_small_print_is_read_back_to_the_letter(note: str) -> None:
    assert readable(render.blocks(Card(title="t", parts=(SmallPrint(note),)))) == f"t\n{note}"


@given(words)
def test_the_plain_text_can_neither_ping_nor_link_and_fits_an_update(title: str) -> None:
    told = render.text(Card(title=title, parts=(QuotedText(title), SmallPrint(title))))
    assert 0 < len(told) <= 4000
    assert "<" not in told
    assert not re.search(r"&(?!amp;|lt;|gt;)", told), "an entity was cut in half"


@pytest.mark.parametrize("nasty", NASTY)
def test_the_plain_text_keeps_its_entities_whole_wherever_it_is_cut(nasty: str) -> None:
    for padding in range(8):
        told = render.text(Card(title="x" * padding + nasty * 4))
        assert not re.search(r"&(?!amp;|lt;|gt;)", told)


def test_only_the_person_who_asked_is_notified() -> None:
    card = Card(title="Your video is ready", tone=Tone.GOOD, parts=(QuotedText("for <@U0BEN>"),), ping="U0ANA")
    users = [piece for piece in _walk(render.blocks(card)) if piece.get("type") == "user"]
    assert users == [{"type": "user", "user_id": "U0ANA"}]
    assert re.findall(r"<[^>]*>", render.text(card)) == ["<@U0ANA>"]


def _menu(length: int) -> Menu:
    return Menu("Which one …", tuple(Button(Action.RULES, str(n), str(n)) for n in range(length)))


@pytest.mark.parametrize(
    ("menu", "kind"),
    [
        (_menu(5), "overflow"),
        (_menu(6), "static_select"),
        (_menu(25), "static_select"),
        (replace(_menu(2), picks=True), "static_select"),
    ],
)
def test_a_menu_of_many_and_one_that_is_a_choice_show_their_label(menu: Menu, kind: str) -> None:
    blocks = render.blocks(Card(title="t", parts=(menu,)))
    assert not message_problems(blocks)
    (drawn,) = blocks[-1]["elements"]
    assert drawn["type"] == kind
    assert len(drawn["options"]) == len(menu.choices)
    assert (drawn.get("placeholder") or {}).get("text") == (None if kind == "overflow" else "Which one …")


def test_a_result_is_drawn_as_one_rich_text_its_small_print_and_its_buttons() -> None:
    card = Card(
        title="Your video is ready, made by Kling 3.0",
        tone=Tone.GOOD,
        parts=(
            QuotedText("a red fox"),
            Text("Veo 3.1 took too long, so Kling 3.0 made it."),
            Fact("Paid", "227 credits"),
            Fact("Refunded", "253 credits"),
            SmallPrint("8 s · 1080p"),
            SmallPrint("with sound"),
            LinkButton("Watch", "https://example.org/clip"),
            Button(Action.AGAIN, "Make another", SUBJECT),
        ),
    )
    blocks = render.blocks(card)
    assert [block["type"] for block in blocks] == ["rich_text", "context", "actions"]
    assert [element["type"] for element in blocks[0]["elements"]] == [
        "rich_text_section", "rich_text_quote", "rich_text_section", "rich_text_section",
    ]  # fmt: skip
    assert readable(blocks).splitlines() == [
        "🎬 Your video is ready, made by Kling 3.0",
        "a red fox",
        "Veo 3.1 took too long, so Kling 3.0 made it.",
        "Paid 227 credits  ·  Refunded 253 credits",
        "8 s · 1080p",
        "with sound",
    ]
    link, again = blocks[2]["elements"]
    assert (link["action_id"], link["url"]) == ("link_0", "https://example.org/clip")
    assert (again["action_id"], again["value"], again["text"]["text"]) == (
        "again",
        value(Action.AGAIN, SUBJECT),
        "Make another",
    )


def test_many_facts_are_a_list() -> None:
    facts = tuple(Fact(name, "480 credits") for name in ("default", "ultra", "pro", "draft"))
    (block,) = render.blocks(Card(title="10 credits left", parts=(Text("At most:"), *facts, Text("more"))))
    assert [element["type"] for element in block["elements"]][2] == "rich_text_list"
    assert readable([block]).splitlines()[2:4] == ["default 480 credits", "ultra 480 credits"]
    assert readable([block]).endswith("\n\nmore"), "a paragraph stands apart"


def test_cancelling_asks_first_and_has_its_colours() -> None:
    (block,) = render.blocks(Card(title="t", parts=(Button(Action.CANCEL, "Cancel", SUBJECT, danger=True),)))[1:]
    (button,) = block["elements"]
    assert button["style"] == "danger"
    assert button["confirm"]["confirm"]["text"] == "Stop it"


def test_progress_is_a_bar_with_its_share_and_time() -> None:
    card = Card(title="Rendering with Veo 3.1", tone=Tone.WORKING, parts=(Progress(0.5, "0:12 of about 0:24"),))
    assert readable(render.blocks(card)).splitlines() == [
        "⏳ Rendering with Veo 3.1",
        "▰▰▰▰▰▰▱▱▱▱▱▱  50 % · 0:12 of about 0:24",
    ]


def test_a_time_is_shown_on_the_readers_own_clock() -> None:
    at = datetime(2026, 11, 22, 14, 2, tzinfo=UTC)
    card = Card(title="t", parts=(ListLine("Kling", ("since ", Moment(at), " and ", Moment(at, with_day=True))),))
    times = [piece for piece in _walk(render.blocks(card)) if piece.get("type") == "date"]
    assert [(each["timestamp"], each["format"], each["fallback"]) for each in times] == [
        (1795356120, "{time}", "14:02 UTC"),
        (1795356120, "{date_short_pretty}, {time}", "22 Nov, 14:02 UTC"),
    ]
    assert "Kling since 14:02 UTC" in render.text(card)


def test_choices_that_stand_side_by_side_have_ids_of_their_own() -> None:
    choices = tuple(Button(Action.CHOOSE, each, f"fallback={each}") for each in ("never", "any"))
    (block,) = render.blocks(Card(title="t", parts=choices))[1:]
    assert [(each["action_id"], each["value"]) for each in block["elements"]] == [
        ("choose:fallback=never", value(Action.CHOOSE, "fallback=never")),
        ("choose:fallback=any", value(Action.CHOOSE, "fallback=any")),
    ]
