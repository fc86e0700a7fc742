"""Reads values as vendors send them: the same value may be null, in a list, inside text, or one level deeper.

A value is found in every shape that was seen. A value that cannot be read counts as absent and is never an error. The
meaning of values is not decided here.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence

from pydantic_core import from_json

DEPTH_MAX = 8
"""Levels that are searched; vendors' answers have half as many."""
TEXT_MAX = 1024 * 1024
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]+")
_ADDRESS = re.compile(r"(?:https?|gs)://[^\s\x00-\x1f\x7f]{3,8000}", re.IGNORECASE)

_SPOKEN = (
    "message",
    "msg",
    "detail",
    "text",
    "reason",
    "title",
    "value",
    "code",
    "status",
    "state",
    "name",
    "id",
    "url",
)
"""The fields in which an object keeps its text, the most telling first."""

_HOLDS_VIDEO = (
    "video_url", "videoUrl", "download_url", "url", "gcsUri", "gcs_uri", "uri", "href", "backup_download_url",
    "video", "videos", "file", "files", "output", "outputs", "output_video", "content", "result", "results",
    "generatedSamples", "generatedVideos", "generateVideoResponse", "steps", "response", "data", "value",
)  # fmt: skip
"""The fields, in this order, in which an address of a video has been seen. Others are ignored: covers, last frames,
watermarked copies, and the pictures that we sent."""
_OTHER_KINDS = ("image", "audio", "text", "thumb", "cover", "thought", "last_frame", "first_frame", "user_input")
"""Prefixes of the types of parts that are no video, in lower case."""


def printable(text: str) -> str:
    """A vendor's words on one line, without what a log or a database cannot hold."""
    return _UNPRINTABLE.sub(" ", text).encode("utf-8", "replace").decode().strip()


def parsed(value: object) -> object:
    """The object or list in a text that is JSON; any other value unchanged."""
    if isinstance(value, str) and len(value) <= TEXT_MAX and value.lstrip()[:1] in {"{", "["}:
        try:
            return from_json(value)
        except ValueError:
            return value
    return value


def an_object(value: object, *, lone: str = "") -> Mapping[str, object]:
    """The object that a value is or holds; an empty one if there is none.

    Args:
        lone: the field that a plain text stands for, where a vendor may send one in place of the object.
    """
    for _ in range(DEPTH_MAX):
        value = parsed(value)
        match value:
            case dict():
                return value
            case list() | tuple():
                value = next((each for each in map(parsed, value) if isinstance(each, (dict, list))), None) or next(
                    (each for each in value if each is not None), None
                )
            case str() if lone and value:
                return {lone: value}
            case _:
                break
    return {}


def elements(value: object) -> list[object] | None:
    """The elements of a list without nulls; a single value counts as a list of one. None if there is no list."""
    value = parsed(value)
    if isinstance(value, dict) and value:
        return [value]
    if isinstance(value, str) and value:
        return [value]
    if isinstance(value, (list, tuple)):
        return list(_flat(value, depth=0))
    return None


def _flat(values: Sequence[object], *, depth: int) -> Iterator[object]:
    for value in values:
        inner = parsed(value)
        if isinstance(inner, (list, tuple)):
            if depth < DEPTH_MAX:
                yield from _flat(inner, depth=depth + 1)
        elif inner is not None:
            yield inner


def text(value: object) -> str:
    """A string or a number as a string, also inside a list or an object; empty if there is none."""
    return _text(value, depth=0)


def _text(value: object, *, depth: int) -> str:
    if depth > DEPTH_MAX:
        return ""
    match value:
        case str():
            return printable(value)
        case bool():
            return ""
        case int():
            return str(value) if abs(value) < 10**30 else ""
        case float() if value.is_integer() and abs(value) < 2**53:
            return str(int(value))
        case list() | tuple():
            return next((found for each in value if (found := _text(each, depth=depth + 1))), "")
        case dict():
            named = (value[name] for name in _SPOKEN if name in value)
            return next((found for each in named if (found := _text(each, depth=depth + 1))), "")
        case _:
            return ""


def number(value: object) -> float | None:
    """A finite number, also one in a string, a list or an object; None for anything else."""
    for _ in range(DEPTH_MAX):
        match value:
            case list() | tuple():
                value = next((each for each in value if each is not None), None)
            case {"value": inner} | {"amount": inner}:
                value = inner
            case _:
                break
    try:
        found = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def flag(value: object) -> bool:
    """Whether a value means yes."""
    for _ in range(DEPTH_MAX):
        match value:
            case list() | tuple():
                value = next((each for each in value if each is not None), None)
            case {"value": inner}:
                value = inner
            case str():
                return value.strip().lower() in {"true", "yes", "1"}
            case _:
                break
    return value is True or (isinstance(value, (int, float)) and value == 1)


def address(*places: object) -> str:
    """The address of a video in the parts of an answer that may hold it; empty if there is none."""
    return next((found for place in places for found in _addresses(place, depth=0)), "")


def _addresses(value: object, *, depth: int) -> Iterator[str]:
    if depth > DEPTH_MAX:
        return
    value = parsed(value)
    match value:
        case str():
            if _ADDRESS.fullmatch(value.strip()):
                yield value.strip()
        case list() | tuple():
            for each in value:
                yield from _addresses(each, depth=depth + 1)
        case dict():
            kind = text(value.get("type") or value.get("mime_type") or value.get("content_type")).lower()
            if kind.startswith(_OTHER_KINDS):
                return
            for name in _HOLDS_VIDEO:
                if name in value:
                    yield from _addresses(value[name], depth=depth + 1)


def texts(value: object, *names: str) -> Iterator[str]:
    """The texts of these fields at every level of a part of an answer."""
    yield from _texts(value, frozenset(names), depth=0)


def _texts(value: object, names: frozenset[str], *, depth: int) -> Iterator[str]:
    value = parsed(value)
    if depth > DEPTH_MAX:
        return
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each, names, depth=depth + 1)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name in names and (found := text(inner)):
                yield found
            else:
                yield from _texts(inner, names, depth=depth + 1)


_FIELD = re.compile(r"[\w.@$:/-]{1,40}", re.ASCII)
_SHAPE_FIELDS, _SHAPE_DEPTH, _SHAPE_MAX = 40, 6, 800


def shape(body: bytes) -> str:
    """The fields and types of a body, without any values, for the log."""
    stripped = body.strip()
    if not stripped:
        return "empty"
    try:
        return _shape(from_json(stripped), depth=0)[:_SHAPE_MAX]
    except ValueError:
        kind = "html" if stripped[:1] == b"<" else "no JSON"
        return f"{kind}, {len(body)} bytes"


def _shape(value: object, *, depth: int) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "text" if value else "empty text"
        case list() if value and depth < _SHAPE_DEPTH:
            kinds = list(dict.fromkeys(_shape(each, depth=depth + 1) for each in value[:20]))
            return f"[{len(value)}: {' | '.join(kinds)}]"
        case list():
            return f"[{len(value)}]"
        case dict() if depth < _SHAPE_DEPTH:
            names = list(value)[:_SHAPE_FIELDS]
            fields = ", ".join(
                f"{name if _FIELD.fullmatch(name) else '?'}: {_shape(value[name], depth=depth + 1)}" for name in names
            )
            return f"{{{fields}}}" if len(value) <= _SHAPE_FIELDS else f"{{{fields}, …}}"
        case _:
            return "object"
