"""The `contents` of Kling's image-to-video: prompt, first and last frame, elements."""

from dataclasses import dataclass
from typing import Literal

from sandbox.vendors import pictures
from sandbox.vendors.kling import wire
from sandbox.vendors.middleware import WireError
from sandbox.vendors.pictures import BadPictureError, Picture, Rules
from sandbox.vendors.shapes import StrictBody

RULES = Rules(formats=frozenset({"JPEG", "PNG"}), bytes_max=50 * 1024 * 1024, side_min=300, ratio_max=2.5)
ELEMENTS_MAX = 3


class FrameSource(StrictBody):
    """One entry of `contents`; which fields it needs depends on its type."""

    type: Literal["prompt", "first_frame", "last_frame", "element", "image", "video"]
    text: str | None = None
    url: str | None = None
    element_id: str | int | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """The contents, read."""

    prompt: str
    first: Picture | None
    last: Picture | None


async def read_frames(contents: list[FrameSource], *, last_frame: str, resolution: str) -> Frames:
    """The prompt and the pictures.

    Args:
        last_frame: `any`, `no`, or the only resolution at which the model takes a last frame.
        resolution: what was asked for.

    Raises:
        WireError: with Kling's 1201.
    """
    by_type: dict[str, list[FrameSource]] = {}
    for number, entry in enumerate(contents):
        needed = "text" if entry.type == "prompt" else "element_id" if entry.type == "element" else "url"
        if not getattr(entry, needed):
            raise WireError(wire.bad_field(f"contents.{number}.{needed}", "required", ""))
        by_type.setdefault(entry.type, []).append(entry)
    for once in ("prompt", "first_frame", "last_frame"):
        if len(by_type.get(once, [])) > 1:
            raise WireError(wire.bad_field("contents", f"more than one {once}", ""))
    if len(by_type.get("element", [])) > ELEMENTS_MAX:
        raise WireError(wire.bad_field("contents", f"more than {ELEMENTS_MAX} elements", ""))
    if "last_frame" in by_type:
        if "first_frame" not in by_type:
            raise WireError(wire.bad_field("contents", "last_frame needs a first_frame", ""))
        if last_frame not in {"any", resolution}:
            raise WireError(wire.bad_field("contents", f"last_frame is not supported at {resolution}", ""))
    prompt = next((entry.text or "" for entry in by_type.get("prompt", [])), "")
    first, last = [await _picture(by_type.get(name, [])) for name in ("first_frame", "last_frame")]
    return Frames(prompt=prompt, first=first, last=last)


async def _picture(entries: list[FrameSource]) -> Picture | None:
    if not entries:
        return None
    try:
        return await pictures.from_source(entries[0].url or "", RULES)
    except BadPictureError as error:
        raise WireError(wire.bad_field(f"contents.{entries[0].type}", str(error), "")) from error
