"""What a person typed after /video, as Slack delivers it."""

import pytest

from bots.slack.api.parse import unescaped


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
