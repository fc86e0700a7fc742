"""Reads what a person typed after /video: words of the description, and options like `tier:pro` in any order."""

import re

from core.domain.requests.refusals import NotANumber, UnknownOption
from core.domain.requests.request import OPTION_SHOWN_MAX, Aspect, VideoRequest, aspect_named, tier_named
from core.domain.requests.tiers import TierName
from core.domain.text import clean

_VALUES = "|".join((*map(re.escape, (*TierName, *Aspect)), r"\d+s?", "on", "off"))
# "tier: pro" with a blank, as Discord writes it, when what follows can only be a value.
_BLANK = re.compile(
    rf"(?<!\S)(tier|aspect|seconds|duration|audio|sound|seed):\s+(?=(?:{_VALUES})(?!\S))", re.IGNORECASE
)
_OPTION = re.compile(
    r"(?<!\S)(tier|aspect|seconds|duration|audio|sound|seed|no|negative):(?:[\"“”]([^\"“”]*)[\"“”](?!\S)|(\S+))",
    re.IGNORECASE,
)
# Mentions come as <@U1|ana> and <#C1|general>, links as <https://a.b|a.b>; a person's own < is escaped.
_ENTITY = re.compile(r"<(?:[@#!][^<>|]*\|([^<>]+)|[@#!]([^<>|]+)|((?:https?|mailto):[^<>|]+)(?:\|[^<>]*)?)>")


def unescaped(text: str) -> str:
    """What the person typed: Slack's entities as words, and its escapes undone."""
    text = _ENTITY.sub(lambda match: next(filter(None, match.groups())).removeprefix("mailto:"), text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def wants_help(text: str) -> bool:
    """/video alone, and /video help."""
    return clean(text).lower() in {"", "help", "?"}


def parse(text: str) -> VideoRequest:
    """The request that was typed.

    Raises:
        UnknownOption, NotANumber
    """
    text = _BLANK.sub(r"\1:", clean(unescaped(text)))
    options = {match[1].lower(): match[2] or match[3] or "" for match in _OPTION.finditer(text)}
    request: dict[str, object] = {"prompt": " ".join(_OPTION.sub(" ", text).split())}
    for name, value in options.items():
        match name:
            case "tier":
                request["tier"] = tier_named(value)
            case "aspect":
                request["aspect"] = aspect_named(value)
            case "seconds" | "duration":
                request["duration_s"] = _number("seconds", value.lower().removesuffix("s"))
            case "seed":
                request["seed"] = _number("seed", value)
            case "audio" | "sound":
                request["audio"] = _switch("audio", value)
            case _:
                request["negative"] = value
    return VideoRequest(**request)  # type: ignore[arg-type]  # each value was made for its field above


def _number(option: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 9):
        raise NotANumber(option=option, value=clean(value, length=OPTION_SHOWN_MAX))
    return int(value)


def _switch(option: str, value: str) -> bool:
    words = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False, "none": False}
    if value.lower() not in words:
        raise UnknownOption(option=option, value=clean(value, length=OPTION_SHOWN_MAX), known=("on", "off"))
    return words[value.lower()]
