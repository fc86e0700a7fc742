"""Block Kit's rules: what passes, what does not and why, and agreement with Slack's own types."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.slack.blockkit import message_problems, named_blocks, view_problems
from tests.sandbox.slack.schema import block_problems, need_schema
from tests.sandbox.slack.test_reading import _ANYTHING, BLOCKS


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text}


def section(text: str = "x", **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(n: int = 0, **more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": f"a{n}", "text": plain("Go"), **more}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def option(text: str = "o", value: str = "v") -> dict[str, Any]:
    return {"text": plain(text), "value": value}


def select(**more: Any) -> dict[str, Any]:
    return {"type": "static_select", "action_id": "s", "options": [option()], **more}


GOOD = [
    *BLOCKS,
    section("x" * 3000, block_id="b" * 255, fields=[mrkdwn("x" * 2000)] * 10),
    actions(*(button(n) for n in range(25))),
    actions(button(url="https://a.example/" + "x" * 2900, value="v" * 2000, style="primary")),
    actions(button(confirm={"title": plain("Sure?"), "text": plain("It costs"), "confirm": plain("Yes")})),
    section(accessory=select(placeholder=plain("Pick"), options=[option(value=f"v{n}") for n in range(100)])),
    section(accessory={"type": "overflow", "action_id": "o", "options": [option()] * 5}),
    {"type": "header", "text": plain("x" * 150)},
    {"type": "image", "image_url": "https://a.example/i.png", "alt_text": "i"},
    {"type": "markdown", "text": "x" * 12_000},
    {
        "type": "video",
        "title": plain("V"),
        "video_url": "https://a.example/v",
        "thumbnail_url": "https://a.example/t.png",
        "alt_text": "v",
    },
    {"type": "alert", "text": mrkdwn("careful"), "level": "warning"},
    {"type": "card", "title": mrkdwn("T"), "body": mrkdwn("B"), "actions": [button()]},
    {"type": "container", "title": plain("More"), "child_blocks": [section()]},
    {"type": "input", "label": plain("L"), "element": {"type": "plain_text_input", "action_id": "i"}},
]


@pytest.mark.parametrize("block", GOOD, ids=lambda block: str(block["type"]))
def test_what_slack_takes_passes_here_and_by_slacks_types(block: dict[str, Any]) -> None:
    assert message_problems([block]) == []
    need_schema()
    assert block_problems([block]) == []
    assert block_problems(named_blocks([block])) == []


BAD = [
    ({"type": "nonsense"}, "unsupported type: nonsense", "/blocks/0"),
    ({"text": mrkdwn("x")}, "missing required field: type", "/blocks/0"),
    ("x", "must be an object", "/blocks/0"),
    ({"type": "section"}, "missing required field: text or fields", "/blocks/0"),
    (section(""), "must be more than 0 characters", "/blocks/0/text/text"),
    (section("x" * 3001), "must be less than 3001 characters", "/blocks/0/text/text"),
    (section(fields=[mrkdwn("x")] * 11), "no more than 10 items allowed", "/blocks/0/fields"),
    (section(fields=[mrkdwn("x" * 2001)]), "must be less than 2001 characters", "/blocks/0/fields/0/text"),
    (section(block_id="b" * 256), "must be less than 256 characters", "/blocks/0/block_id"),
    (section(colour="red"), "invalid additional property: colour", "/blocks/0"),
    ({"type": "section", "text": "x"}, "must be an object", "/blocks/0/text"),
    ({"type": "header", "text": mrkdwn("x")}, "unsupported type: mrkdwn", "/blocks/0/text"),
    (actions(), "must provide at least 1 item", "/blocks/0/elements"),
    (actions(*(button(n) for n in range(26))), "no more than 25 items allowed", "/blocks/0/elements"),
    (actions(button(text=plain("x" * 76))), "must be less than 76 characters", "/blocks/0/elements/0/text/text"),
    (actions(button(text=mrkdwn("x"))), "unsupported type: mrkdwn", "/blocks/0/elements/0/text"),
    (actions(button(value="v" * 2001)), "must be less than 2001 characters", "/blocks/0/elements/0/value"),
    (actions(button(style="loud")), "must be one of: primary, danger", "/blocks/0/elements/0/style"),
    (actions(button(url="ftp://a")), "must be a valid URL", "/blocks/0/elements/0/url"),
    (actions(button(), button()), "`action_id` already exists for this block: a0", "/blocks/0/elements"),
    (
        actions({"type": "plain_text_input", "action_id": "i"}),
        "unsupported type: plain_text_input",
        "/blocks/0/elements/0",
    ),
    (section(accessory=select(options=[])), "must provide at least 1 item", "/blocks/0/accessory/options"),
    (section(accessory=select(option_groups=[])), "must define either", "/blocks/0/accessory"),
    ({"type": "context", "elements": [mrkdwn("x")] * 11}, "no more than 10 items allowed", "/blocks/0/elements"),
    ({"type": "image", "alt_text": "i"}, "must define one of `image_url` or `slack_file`", "/blocks/0"),
    ({"type": "image", "image_url": "https://a.example/i.png"}, "missing required field: alt_text", "/blocks/0"),
    ({"type": "markdown", "text": "x" * 12_001}, "must be less than 12001 characters", "/blocks/0/text"),
    ({"type": "file", "external_id": "x", "source": "remote"}, "unsupported type: file", "/blocks/0"),
    (section(expand="yes"), "must be a boolean", "/blocks/0/expand"),
]


@pytest.mark.parametrize(("block", "problem", "path"), BAD)
def test_what_slack_refuses_is_refused_with_the_place(block: Any, problem: str, path: str) -> None:
    found = message_problems([block])
    assert any(told.startswith(problem) and told.endswith(f"[json-pointer:{path}]") for told in found), found


def test_a_message_holds_fifty_blocks_and_their_ids_differ() -> None:
    assert message_problems([section()] * 50) == []
    assert message_problems([section()] * 51) == ["no more than 50 items allowed [json-pointer:/blocks]"]
    assert message_problems([section(block_id="b")] * 2) == ["block_id already exists: b [json-pointer:/blocks]"]


def modal(**more: Any) -> dict[str, Any]:
    return {"type": "modal", "title": plain("T"), "blocks": [section()], **more}


@pytest.mark.parametrize(
    ("view", "problem"),
    [
        (modal(title=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/title/text]"),
        (modal(submit=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/submit/text]"),
        (modal(private_metadata="x" * 3001), "must be less than 3001 characters [json-pointer:/view/private_metadata]"),
        (modal(callback_id="x" * 256), "must be less than 256 characters [json-pointer:/view/callback_id]"),
        (modal(blocks=[section()] * 101), "no more than 100 items allowed [json-pointer:/view/blocks]"),
        (modal(blocks=[GOOD[-1]]), "missing required field: submit [json-pointer:/view]"),
        (modal(blocks=[{"type": "markdown", "text": "x"}]), "unsupported type: markdown [json-pointer:/view/blocks/0]"),
        ({"type": "home", "blocks": []}, "unsupported type: home [json-pointer:/view]"),
    ],
)
def test_a_modal_keeps_slacks_limits(view: dict[str, Any], problem: str) -> None:
    assert view_problems(view, kind="modal") == [problem]
    assert view_problems(modal(submit=plain("Go"), blocks=[GOOD[-1]] + [section()] * 99), kind="modal") == []


@given(_ANYTHING)
def test_checking_never_fails_and_what_passes_can_be_completed(blocks: Any) -> None:
    if not message_problems(blocks):
        assert all("block_id" in block for block in named_blocks(blocks))
    view_problems(blocks, kind="modal")


@given(st.sampled_from(GOOD), st.data())
def test_a_block_with_a_field_taken_away_passes_only_if_slacks_types_agree(block: dict[str, Any], data: Any) -> None:
    need_schema()
    name = data.draw(st.sampled_from(sorted(block)))
    smaller = {key: value for key, value in block.items() if key != name}
    if not message_problems([smaller]):
        assert block_problems([smaller]) == []
