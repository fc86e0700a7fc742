"""The jobs of a media process by name; they take and answer JSON. The decoders are loaded with this module."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.domain.clip_facts import ClipFacts, Mending, mending
from core.domain.requests.pictures import Sides
from core.domain.requests.refusals import NotAPicture, PictureTooLarge, PictureTooNarrow, PictureTooSmall
from core.media import encode, photos
from core.media.boxes import Cut, NotAVideo
from core.media.clip_file import look
from core.media.joining import join
from core.media.label import label
from core.media.stills import last_frame, still

_REFUSALS = (NotAPicture, PictureTooLarge, PictureTooNarrow, PictureTooSmall)


def _look(path: str) -> dict[str, Any]:
    try:
        return {"facts": asdict(look(Path(path)))}
    except NotAVideo as error:
        return {"unfit": str(error), "cut": isinstance(error, Cut)}


def _take_in(path: str, still: str | None) -> dict[str, Any]:
    """A look, and where nothing has to be mended all else that a clip needs before it is kept."""
    found = _look(path)
    if "unfit" in found or mending(ClipFacts(**found["facts"])) is not None:
        return found
    made = False
    if still is not None:
        with suppress(MemoryError):  # a still may take too much where the look did not
            made = bool(_still(path, still)["made"])
    _label(path)
    return {**found, "ready": True, "still": made}


def _mend(path: str, to: str, known: dict[str, Any], how: dict[str, Any]) -> dict[str, Any]:
    return _made(lambda: encode.mend(Path(path), to=Path(to), known=ClipFacts(**known), how=Mending(**how)))


def _shrink(path: str, to: str, known: dict[str, Any], size_max: int) -> dict[str, Any]:
    return _made(lambda: encode.shrink(Path(path), to=Path(to), known=ClipFacts(**known), size_max=size_max))


def _made(write: Callable[[], None]) -> dict[str, Any]:
    try:
        write()
    except (encode.CannotEncode, NotAVideo) as error:
        return {"unfit": str(error)}
    return {}


def _label(path: str) -> dict[str, Any]:
    try:
        return {"labelled": label(Path(path))}
    except (NotAVideo, OSError):
        return {"labelled": False}


def _still(path: str, to: str) -> dict[str, Any]:
    try:
        return {"made": still(Path(path), to=Path(to))}
    except (NotAVideo, OSError, ValueError):
        return {"made": False}


def _last_frame(path: str, to: str) -> dict[str, Any]:
    try:
        sides = last_frame(Path(path), to=Path(to))
    except (NotAVideo, OSError, ValueError):
        sides = None
    return {"sides": list(sides) if sides else None}


def _join(path: str, second: str, to: str, known: dict[str, Any], has_sound: bool) -> dict[str, Any]:  # noqa: FBT001 - JSON names it
    return _made(lambda: join(Path(path), Path(second), to=Path(to), known=ClipFacts(**known), has_sound=has_sound))


def _picture(path: str, to: str) -> dict[str, Any]:
    try:
        width, height = photos.prepare(Path(path), to=Path(to))
    except _REFUSALS as refusal:
        return {"refused": type(refusal).__name__, "facts": vars(refusal)}
    return {"width": width, "height": height}


def _resize(path: str, to: str, least: int, most: int) -> dict[str, Any]:
    try:
        return {"changed": photos.resize(Path(path), Sides(least=least, most=most), to=Path(to))}
    except NotAPicture:
        return {"refused": "NotAPicture", "facts": {}}


JOBS: Mapping[str, Callable[..., dict[str, Any]]] = {
    "look": _look,
    "take_in": _take_in,
    "mend": _mend,
    "shrink": _shrink,
    "still": _still,
    "label": _label,
    "last_frame": _last_frame,
    "join": _join,
    "picture": _picture,
    "resize": _resize,
}
