"""Cards as embeds: always within Discord's limits, and a person's words always to the letter."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.discord.drawing import render
from bots.discord.drawing.buttons import Pressed, read
from core.replies.chat.card import (
    Action,
    Button,
    Card,
    Drawing,
    Fact,
    LinkButton,
    ListLine,
    Moment,
    Progress,
    QuotedText,
    SmallPrint,
    Text,
    Tone,
)
from sandbox.discord.embeds import read_embeds
from sandbox.discord.errors import FormErrors
from tests.bots.cards import NASTY, SUBJECT, cards, words
from tests.quick import examples
from tests.sandbox.discord.openapi import load

ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")
# What Discord's clients draw as something else than these characters, once escapes are taken away.
ACTIVE = re.compile(
    r"[*`]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|~~|\|\||\]\(|https?://|<@|<#|<:|<a:|<t:|</|<id:|@everyone|@here"
    r"|^[ \t]*(?:#{1,3} |-# |> |>>> |- |[0-9]+\. )",
    re.MULTILINE,
)


def shown(markdown: str) -> str:
    """What a person sees of words without markup: Discord takes a backslash away before punctuation."""
    return ESCAPED.sub(r"\1", markdown)


@given(cards())
def test_any_card_is_an_embed_that_discord_takes(card: Card) -> None:
    errors = FormErrors()
    read_embeds([render.embed(card).to_dict()], errors, {})
    errors.check()


def test_a_card_with_far_too_much_to_say_is_cut_to_what_discord_takes() -> None:
    facts = tuple(Fact("a" * 16, "b" * 16) for _ in range(3))
    parts = tuple(kind("*" * 2500) for kind in (Text, QuotedText, SmallPrint) * 20)
    errors = FormErrors()
    read_embeds([render.embed(Card(title="t", parts=(*facts, *parts))).to_dict()], errors, {})
    errors.check()


@given(cards())
@settings(max_examples=examples(40))
def test_any_card_is_what_discords_own_schema_allows(card: Card) -> None:
    body = {"embeds": [render.embed(card).to_dict()], "allowed_mentions": render.NOBODY.to_dict()}
    assert load().request_problems("POST", "/channels/1/messages", body) == []


@given(st.text(st.characters(exclude_categories=["Cs"])) | words)
def test_no_words_are_ever_markup_and_all_are_shown_to_the_letter(typed: str) -> None:
    escaped = render.escape(typed)
    assert shown(escaped) == typed
    assert ACTIVE.search(ESCAPED.sub("\ue000", escaped)) is None


@pytest.mark.parametrize(
    "typed",
    ["0:15 of about 1:00", "9:16, well-known (really)", "snake_case", "a < b, 3 > 2", "3.5 stars #1", "it's 5~6"],
)
def test_ordinary_sentences_need_no_escapes(typed: str) -> None:
    assert render.escape(typed) == typed


@pytest.mark.parametrize("nasty", NASTY)
def test_an_escape_is_never_cut_in_half(nasty: str) -> None:
    for padding in range(4):
        drawn = render.embed(Card(title="x" * padding + nasty, parts=(QuotedText("x" * padding + nasty),)))
        for cut in (drawn.title or "", (drawn.description or "").removeprefix("> ")):
            assert ACTIVE.search(ESCAPED.sub("\ue000", cut).replace("\n> ", "\n")) is None
            assert not re.search(r"(?<!\\)(?:\\\\)*\\(?:…|$)", cut), "an escape of the ellipsis"


@pytest.mark.parametrize("words", ["", "x" * 5000])
def test_a_card_drawn_as_text_has_links_that_can_be_followed(words: str) -> None:
    url = "https://videos.example/v/_a-b_*"
    card = Card(title="Ready", parts=(LinkButton("Watch", url), Text(words)), drawing=Drawing.TEXT)
    told = render.text(card) or ""
    assert told.endswith(f"\nWatch: <{url}>"), "an escape in an address would be a part of it"
    assert len(told) <= render.CONTENT_MAX


@given(cards())
@settings(max_examples=examples(100))
def test_any_card_drawn_as_text_is_within_the_limit(card: Card) -> None:
    assert len(render.text(replace(card, drawing=Drawing.TEXT)) or "") <= render.CONTENT_MAX


def test_a_result_is_drawn_with_its_facts_side_by_side() -> None:
    card = Card(
        title="Your video is ready, made by Kling 3.0",
        tone=Tone.GOOD,
        parts=(
            QuotedText("a red fox\nin the snow"),
            Text("Veo 3.1 took too long, so Kling 3.0 made it."),
            Fact("Paid", "227 credits"),
            Fact("Refunded", "253 credits"),
            SmallPrint("8 s · 1080p"),
        ),
    )
    drawn = render.embed(card)
    assert drawn.title == "Your video is ready, made by Kling 3.0"
    assert drawn.description == "> a red fox\n> in the snow\nVeo 3.1 took too long, so Kling 3.0 made it."
    assert [(field.name, field.value, field.inline) for field in drawn.fields] == [
        ("Paid", "227 credits", True),
        ("Refunded", "253 credits", True),
    ]
    assert drawn.footer.text == "8 s · 1080p"


def test_many_facts_are_a_list_where_they_stand() -> None:
    facts = tuple(Fact(name, "480 credits") for name in ("default", "ultra", "pro", "draft"))
    drawn = render.embed(Card(title="t", parts=(Text("At most:"), *facts, Text("more"))))
    assert drawn.fields == []
    assert (drawn.description or "").startswith("At most:\n- **default** 480 credits\n- **ultra**")
    assert (drawn.description or "").endswith("480 credits\n\nmore"), "a paragraph stands apart"


def test_progress_is_a_bar_with_its_share_and_time() -> None:
    drawn = render.embed(Card(title="t", parts=(Progress(0.5, "0:12"),)))
    assert drawn.description == "▰▰▰▰▰▰▱▱▱▱▱▱  50 % · 0:12"


async def test_a_button_says_in_its_id_what_it_does_and_whose_message_it_is_in() -> None:
    parts = (Button(Action.CANCEL, "Cancel", SUBJECT), LinkButton("Watch", "https://example.org/clip"))
    view = render.view(Card(title="t", parts=parts), mark="0a1b2c3d")
    assert view is not None
    assert view.timeout is None
    cancel, watch = view.to_components()[0]["components"]
    ours, words = cancel["custom_id"].split(":", 1)
    assert (ours, cancel["custom_id"].rpartition(":")[2]) == ("nd", "0a1b2c3d")
    assert read(words) == Pressed(Action.CANCEL, SUBJECT)
    assert watch["url"] == "https://example.org/clip"


async def test_a_card_without_buttons_has_no_view() -> None:
    assert render.view(Card(title="t"), mark="") is None


@given(cards())
@settings(max_examples=examples(30))
async def test_any_cards_buttons_are_within_the_limits(card: Card) -> None:
    view = render.view(card, mark="0a1b2c3d")
    rows: list[Any] = [] if view is None else view.to_components()
    assert len(rows) <= 5
    assert all(len(row["components"]) <= 5 for row in rows)
    drawn = [each for row in rows for each in row["components"]]
    options = [option for each in drawn for option in each.get("options", [])]
    assert all(0 < len(each["label"]) <= 80 for each in drawn if "options" not in each)
    assert all(0 < len(one["label"]) <= 100 and len(one["value"]) <= 100 for one in options)


@pytest.mark.parametrize("nobody", [None, "", "everyone", "U0ANA", "-1"])
def test_nobody_is_notified_unless_a_person_is_named(nobody: str | None) -> None:
    content, allowed = render.ping(Card(title="@everyone", ping=nobody))
    assert content is None
    assert allowed.to_dict() == {"parse": []}


def test_only_the_person_who_asked_is_notified() -> None:
    content, allowed = render.ping(Card(title="@everyone", ping="42"))
    assert content == "<@42>"
    assert allowed.to_dict() == {"parse": [], "users": [42]}


def test_a_time_is_shown_on_the_readers_own_clock() -> None:
    at = datetime(2026, 11, 22, 14, 2, tzinfo=UTC)
    card = Card(title="t", parts=(ListLine("Kling", ("since ", Moment(at), " and ", Moment(at, with_day=True))),))
    assert render.embed(card).description == "- **Kling** since <t:1795356120:t> and <t:1795356120:f>"
