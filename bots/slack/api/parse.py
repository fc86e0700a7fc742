"""Restores a text as the person typed it: Slack sends mentions and links as entities, and escapes some characters."""

import re

# Mentions come as <@U1|ana> and <#C1|general>, links as <https://a.b|a.b>; a person's own < is escaped.
_ENTITY = re.compile(r"<(?:[@#!][^<>|]*\|([^<>]+)|[@#!]([^<>|]+)|((?:https?|mailto):[^<>|]+)(?:\|[^<>]*)?)>")


def unescaped(text: str) -> str:
    """The typed text, with Slack's entities as words and its escapes undone."""
    text = _ENTITY.sub(lambda match: next(filter(None, match.groups())).removeprefix("mailto:"), text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
