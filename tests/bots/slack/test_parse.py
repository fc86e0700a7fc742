"""What a person typed, as Slack delivers it: after a command, in a message, and in a form."""

import pytest

from bots.slack.api.parse import unescaped
from bots.slack.inbound.typed_words import typed_in


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("a &lt;3 &amp; b &gt; c", "a <3 & b > c"),
        ("&amp;lt; &amp;amp;", "&lt; &amp;"),
        ("&copy; 2026", "&copy; 2026"),
        ("<@U0BEN|ben> dances in <#C0GENERAL|general>", "ben dances in general"),
        ("<@U0BEN> dances", "U0BEN dances"),
        ("<!here> look", "here look"),
        ("<!subteam^S1|@team>", "@team"),
        ("<https://a.example/x?a=1&amp;b=2>", "https://a.example/x?a=1&b=2"),
        ("<http://a.example|a.example>", "http://a.example"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("a <3 heart> unescaped", "a <3 heart> unescaped"),
    ],
)
def test_slacks_entities_become_what_the_person_saw(typed: str, words: str) -> None:
    assert unescaped(typed) == words


def test_the_description_in_a_form_is_found_in_both_of_its_fields() -> None:
    text = {"type": "plain_text_input"}
    values = {
        "prompt": {"prompt": text | {"value": "a red fox"}},
        "prompt_2": {"prompt_2": text | {"value": "in the snow"}},
        "seconds": {"seconds": text | {"value": "5"}},
    }
    assert typed_in({"type": "view_submission", "view": {"state": {"values": values}}}) == "a red fox\nin the snow"
    assert typed_in({"type": "view_submission", "view": {"state": {"values": {"prompt": {"prompt": text}}}}}) == ""
    assert typed_in({"type": "block_actions", "actions": []}) == ""


def test_the_words_behind_a_command_and_those_of_a_message_are_found_as_they_were_typed() -> None:
    assert typed_in({"command": "/video", "text": "a &lt;3 fox"}) == "a <3 fox"
    assert typed_in({"command": "/video", "text": None}) == ""
    assert typed_in({"command": "/video", "type": "event_callback", "event": {"text": "b"}}) == ""
    assert typed_in({"type": "event_callback", "event": {"text": "<@U1> a &amp; b"}}) == "U1 a & b"
    assert typed_in({"type": "event_callback", "event": {"text": None}}) == ""
    assert typed_in({"type": "event_callback"}) == ""
    assert typed_in({}) == ""


def test_only_what_was_typed_into_the_description_of_a_form_is_given_back() -> None:
    chosen = {"prompt": {"prompt": {"type": "static_select", "value": "a red fox"}}}
    views: list[dict[str, object]] = [{}, {"state": {}}, {"state": {"values": {}}}, {"state": {"values": chosen}}]
    for view in views:
        assert typed_in({"type": "view_submission", "view": view}) == ""
    typed = {"prompt_2": {"any": {"type": "plain_text_input", "value": "in the snow"}}}
    assert typed_in({"type": "view_submission", "view": {"state": {"values": typed}}}) == "in the snow"
