"""What a person can read: markup, links, mentions, and every kind of block."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.slack import readable
from sandbox.slack.buttons import labels, pressed
from sandbox.slack.reading import attached, escape, plain, unescape


@pytest.mark.parametrize(
    ("mrkdwn", "read"),
    [
        ("*bold* _italic_ ~gone~ `code`", "bold italic gone code"),
        ("a * b * c and 2*3*4", "a * b * c and 2*3*4"),
        ("snake_case_name", "snake_case_name"),
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
        ("<https://a.example/x_y_z|the video>", "the video (https://a.example/x_y_z)"),
        ("<https://a.example>", "https://a.example"),
        ("<@U0ANA> in <#C0VIDEO> or <#C0X|other>", "@ana in #video or #other"),
        ("<!here> <!date^1^{date}|yesterday>", "@here yesterday"),
        ("*<https://a.example|bold link>*", "bold link (https://a.example)"),
        ("```*not bold*```", "*not bold*"),
        ("*two* *bolds*", "two bolds"),
    ],
)
def test_mrkdwn_is_read_without_its_marks(mrkdwn: str, read: str) -> None:
    assert plain(mrkdwn) == read


@given(st.text())
def test_what_a_person_types_survives_escaping(typed: str) -> None:
    assert unescape(escape(typed)) == typed


BLOCKS: list[dict[str, Any]] = [
    {"type": "header", "text": {"type": "plain_text", "text": "Title"}},
    {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "*Body*"},
        "fields": [{"type": "mrkdwn", "text": "*Price* 12"}, {"type": "plain_text", "text": "left &amp; right"}],
        "accessory": {"type": "button", "action_id": "b", "text": {"type": "plain_text", "text": "NEVER"}},
    },
    {"type": "divider"},
    {
        "type": "context",
        "elements": [
            {"type": "image", "image_url": "https://a.example/i.png", "alt_text": "a badge"},
            {"type": "mrkdwn", "text": "by <@U0BEN>"},
        ],
    },
    {
        "type": "image",
        "image_url": "https://a.example/i.png",
        "alt_text": "a chart",
        "title": {"type": "plain_text", "text": "Thirty days"},
    },
    {"type": "markdown", "text": "**strong** [here](https://a.example)"},
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": "see "},
                    {"type": "link", "url": "https://a.example", "text": "this"},
                    {"type": "user", "user_id": "U0ANA"},
                ],
            },
            {
                "type": "rich_text_list",
                "style": "bullet",
                "elements": [
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]},
                    {"type": "rich_text_section", "elements": [{"type": "emoji", "name": "two"}]},
                ],
            },
        ],
    },
    {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}, {"type": "raw_text", "text": "b"}]]},
    {
        "type": "plan",
        "title": "Plan",
        "tasks": [{"type": "task_card", "task_id": "1", "title": "Render", "status": "complete"}],
    },
    {
        "type": "actions",
        "elements": [{"type": "button", "action_id": "c", "text": {"type": "plain_text", "text": "NEVER"}}],
    },
]


def test_all_text_of_blocks_is_read_and_button_labels_are_not() -> None:
    assert readable(BLOCKS).split("\n") == [
        "Title",
        "Body",
        "Price 12",
        "left & right",
        "a badge by @ben",
        "Thirty days",
        "a chart",
        "strong here (https://a.example)",
        "see this (https://a.example)@ana",
        "one",
        ":two:",
        "a | b",
        "Plan",
        "Render",
    ]


def test_attachments_are_read_and_their_fallback_only_if_there_is_nothing_else() -> None:
    assert attached([{"title": "T", "text": "*x*", "fallback": "F"}]) == "T\nx"
    assert attached([{"fallback": "F"}]) == "F"


_LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
_NAMES = st.sampled_from(
    ["type", "text", "elements", "fields", "rows", "tasks", "title", "accessory", "options", "value"]
)
_WORDS = st.sampled_from(["section", "context", "table", "rich_text", "plan", "image", "actions", "static_select"])
_ANYTHING = st.recursive(
    _LEAVES | _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=15,
)


@given(st.lists(_ANYTHING, max_size=4))
def test_reading_never_fails(blocks: list[Any]) -> None:
    assert isinstance(readable(blocks), str)


def _button(action_id: str, value: str, label: str) -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "value": value, "text": {"type": "plain_text", "text": label}}


def test_buttons_that_share_an_action_id_are_told_apart_by_their_value() -> None:
    blocks = [
        {"type": "actions", "block_id": "b0", "elements": [_button("take", "1", "One"), _button("stop", "", "Stop")]},
        {"type": "actions", "block_id": "b1", "elements": [_button("take", "2", "Two")]},
    ]
    assert labels(blocks) == [("take:1", "One"), ("stop", "Stop"), ("take:2", "Two")]
    for action, block_id, value in (("take:2", "b1", "2"), ("take", "b0", "1"), ("stop", "b0", "")):
        found = pressed(blocks, action)
        assert found is not None
        assert (found.block_id, found.value) == (block_id, value)
    assert pressed(blocks, "take:3") is None


def test_the_options_of_a_menu_can_be_pressed() -> None:
    options = [{"text": {"type": "plain_text", "text": name.title()}, "value": name} for name in ("pro", "draft")]
    menu = {"type": "overflow", "action_id": "more", "options": options}
    blocks = [{"type": "section", "block_id": "b0", "accessory": menu}]
    assert labels(blocks) == [("more:pro", "Pro"), ("more:draft", "Draft")]
    found = pressed(blocks, "more:draft")
    assert found is not None
    assert found.option == options[1]
