"""Reads what a person typed after /video: words of the description, and options like `tier:pro` in any order."""

import html
import re

from core.domain.refusals import NotANumber, UnknownOption
from core.domain.request import VideoRequest, aspect_named, tier_named

_OPTION = re.compile(
    r"(?<!\S)(tier|aspect|seconds|duration|audio|sound|seed|no|negative):(\"[^\"]*\"|\S+)", re.IGNORECASE
)
_ENTITY = re.compile(r"<(?:[@#!][^|>]*\|([^>]+)|[@#!]([^|>]+)|([^|>]+\|)?([^>]+))>")


def unescaped(text: str) -> str:
    """What the person typed: Slack's entities as words, and its escapes undone."""

    def word(match: re.Match[str]) -> str:
        named, bare, _, link = match.groups()
        return named or bare or link or ""

    return html.unescape(_ENTITY.sub(word, text)).replace("“", '"').replace("”", '"')


def wants_help(text: str) -> bool:
    """/video alone, and /video help."""
    return text.strip().lower() in {"", "help", "?"}


def parse(text: str) -> VideoRequest:
    """The request that was typed.

    Raises:
        UnknownOption, NotANumber
    """
    text = unescaped(text)
    options = {match[1].lower(): match[2].strip('"') for match in _OPTION.finditer(text)}
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
        raise NotANumber(option=option, value=value)
    return int(value)


def _switch(option: str, value: str) -> bool:
    words = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False, "none": False}
    if value.lower() not in words:
        raise UnknownOption(option=option, value=value, known=("on", "off"))
    return words[value.lower()]
