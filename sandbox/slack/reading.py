"""What a person can read in a message: Slack's markup and blocks turned into plain text."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sandbox.slack.fixtures import NAMES, PLACES, Json

_TOKEN = re.compile(r"<([^<>\n]+)>")
_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_MARKS = tuple(
    re.compile(rf"(?<![\w{mark}]){mark}(\S|\S[^{mark}\n]*\S){mark}(?![\w{mark}])") for mark in (r"\*", "_", "~")
)
_MARKDOWN = re.compile(r"\*\*(\S|\S[^*\n]*\S)\*\*|\[([^\]\n]+)\]\((\S+?)\)")
_PLACE_NAMES = {place.id: place.name for place in PLACES}
DEPTH_MAX = 8


def plain(mrkdwn: str) -> str:
    """Slack's mrkdwn as a person reads it: no marks, links as "label (url)", entities unescaped."""
    pieces = []
    for n, piece in enumerate(_CODE.split(mrkdwn)):
        if n % 2:
            pieces.append(piece.strip("`"))
            continue
        unmarked = _TOKEN.sub(_hide, piece)
        for mark in _MARKS:
            unmarked = mark.sub(r"\1", unmarked)
        pieces.append(_TOKEN.sub(_shown, unmarked.translate(_SEEN)))
    return unescape("".join(pieces))


def escape(text: str) -> str:
    """What a person typed, as Slack sends it to an app."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """The opposite of `escape`; nothing else is an entity to Slack."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


_HIDDEN = str.maketrans("*_~", "\ue000\ue001\ue002")
_SEEN = str.maketrans("\ue000\ue001\ue002", "*_~")


def _hide(found: re.Match[str]) -> str:
    """A mark inside a link or a mention is not a mark."""
    return found[0].translate(_HIDDEN)


def _shown(found: re.Match[str]) -> str:
    target, _, label = found[1].partition("|")
    if target.startswith("@"):
        return "@" + (label or NAMES.get(target[1:], target[1:]))
    if target.startswith("#"):
        return "#" + (label or _PLACE_NAMES.get(target[1:], target[1:]))
    if target.startswith("!date^"):
        return label
    if target.startswith("!"):
        return "@" + (label or target[1:].partition("^")[0]).lstrip("@")
    return _linked(target.removeprefix("mailto:"), label)


def readable(blocks: list[Json]) -> str:
    """All text in the blocks, one block after the other; button labels are left out."""
    return "\n".join(text for block in blocks if (text := "\n".join(_block(block, 0))))


def _block(block: Any, depth: int) -> Iterator[str]:
    if not isinstance(block, dict) or depth > DEPTH_MAX:
        return
    match block.get("type"):
        case "section":
            yield from _texts([block.get("text"), *_items(block, "fields")])
            yield from _image(block.get("accessory"))
        case "context":
            parts = [" ".join([*_texts([item]), *_image(item)]) for item in _items(block, "elements")]
            yield from (" ".join(part for part in parts if part),) if any(parts) else ()
        case "image":
            yield from _image(block)
        case "markdown":
            yield unescape(_MARKDOWN.sub(lambda m: m[1] or f"{m[2]} ({m[3]})", str(block.get("text", ""))))
        case "rich_text":
            yield from (text for item in _items(block, "elements") if (text := _rich(item, depth)))
        case "table" | "data_table":
            yield from _texts([block.get("caption")])
            rows = [row for row in _items(block, "rows") if isinstance(row, list)]
            yield from (" | ".join(_cell(cell, depth) for cell in row) for row in rows)
        case "actions" | "context_actions" | "divider":
            return
        case _:
            yield from _parts(block, depth)


def _parts(block: Json, depth: int) -> Iterator[str]:
    """Any other block: its texts in the order a client draws them, then the blocks inside it."""
    for name in ("title", "subtitle", "text", "label", "body", "hint", "description", "author_name", "caption"):
        yield from _texts([block.get(name)])
    yield from _image(block.get("hero_image"))
    for name in ("rich_text_title", "details", "output"):
        yield from _block(block.get(name), depth + 1)
    for source in _items(block, "sources"):
        if isinstance(source, dict):
            yield f"{source.get('text', '')} ({source.get('url', '')})"
    for name in ("tasks", "child_blocks", "elements"):
        for inner in _items(block, name):
            yield from _block(inner, depth + 1)


def _texts(found: Iterable[Any]) -> Iterator[str]:
    for text in found:
        if isinstance(text, str) and text:
            yield text
        elif isinstance(text, dict) and text.get("type") == "mrkdwn" and text.get("text"):
            yield plain(str(text["text"]))
        elif isinstance(text, dict) and text.get("type") == "plain_text" and text.get("text"):
            yield unescape(str(text["text"]))


def _image(found: Any) -> Iterator[str]:
    if isinstance(found, dict) and found.get("type") == "image":
        yield from _texts([found.get("title"), found.get("alt_text")])


def _rich(element: Any, depth: int) -> str:
    """One element of a rich_text block, with everything inside it."""
    if not isinstance(element, dict) or depth > DEPTH_MAX:
        return ""
    said = {name: str(value) for name, value in element.items() if isinstance(value, str)}
    label = said.get("text", "")
    leaves: dict[str, Callable[[], str]] = {
        "text": lambda: label,
        "raw_text": lambda: label,
        "link": lambda: _linked(said.get("url", ""), label),
        "user": lambda: "@" + NAMES.get(said.get("user_id", ""), said.get("user_id", "")),
        "channel": lambda: "#" + _PLACE_NAMES.get(said.get("channel_id", ""), said.get("channel_id", "")),
        "emoji": lambda: f":{said.get('name', '')}:",
        "broadcast": lambda: "@" + said.get("range", ""),
        "date": lambda: said.get("fallback", ""),
    }
    if leaf := leaves.get(said.get("type", "")):
        return leaf()
    joiner = "\n" if said.get("type") == "rich_text_list" else ""
    return joiner.join(_rich(inner, depth + 1) for inner in _items(element, "elements"))


def _linked(url: str, label: str) -> str:
    return f"{label} ({url})" if label and label != url else url


def _cell(cell: Any, depth: int) -> str:
    if isinstance(cell, dict) and cell.get("type") == "rich_text":
        return " ".join(_block(cell, depth + 1))
    return _rich(cell, depth + 1)


def _items(block: Json, name: str) -> list[Any]:
    found = block.get(name)
    return found if isinstance(found, list) else []


_ATTACHMENT_TEXTS = ("pretext", "author_name", "title", "text", "footer")


def attached(attachments: list[Json]) -> str:
    """All text in old-style attachments."""
    lines = []
    for attachment in attachments:
        fields = [field for field in _items(attachment, "fields") if isinstance(field, dict)]
        shown = [plain(str(attachment[name])) for name in _ATTACHMENT_TEXTS if attachment.get(name)]
        shown += [plain(f"{field.get('title', '')} {field.get('value', '')}") for field in fields]
        shown.append(readable(_items(attachment, "blocks")))
        lines += shown if any(shown) else [plain(str(attachment.get("fallback", "")))]
    return "\n".join(line for line in lines if line)
