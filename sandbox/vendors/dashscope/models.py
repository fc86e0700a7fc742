"""What the Wan models take and make, and what is found wrong with a job only after it was taken.

Checked 2026-11-22.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

from sandbox.vendors.shapes import pixels

SIZES = ("832*480", "480*832", "624*624", "1920*1080", "1080*1920", "1440*1440", "1632*1248", "1248*1632")
SEED_MAX = 2147483647
Use = Literal["text", "first", "both"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model. `resolution` is the default of those models that take a word in place of a size."""

    use: Use
    resolutions: tuple[str, ...] = ()
    resolution: str = ""
    seconds: tuple[int, ...] = (5,)
    sizes: tuple[str, ...] = SIZES
    audio: bool = False
    media: bool = False
    """Pictures lie in `input.media`, and the shape is a ratio: 2.7 and 3.0."""


WIDE = (*SIZES, "1280*720", "720*1280", "960*960", "1088*832", "832*1088")
ALL = ("480P", "720P", "1080P")
RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4", "adaptive")
HD = ("720P", "1080P")
WAN_27 = Model(use="text", resolutions=HD, resolution="1080P", seconds=tuple(range(2, 16)), audio=True, media=True)
NEWER = Model(use="text", seconds=(5, 10), sizes=WIDE, audio=True)
NEWER_IMAGE = Model(use="first", resolutions=ALL, resolution="1080P", seconds=(5, 10), audio=True)

MODELS = {
    "wan2.2-t2v-plus": Model(use="text"),
    "wan2.2-i2v-plus": Model(use="first", resolutions=("480P", "1080P"), resolution="1080P"),
    "wan2.2-i2v-flash": Model(use="first", resolutions=ALL, resolution="720P"),
    "wan2.2-kf2v-flash": Model(use="both", resolutions=ALL, resolution="720P"),
    "wanx2.1-t2v-turbo": Model(use="text", sizes=("832*480", "480*832", "624*624", "1280*720", "720*1280", "960*960")),
    "wanx2.1-t2v-plus": Model(use="text", sizes=("1280*720", "720*1280", "960*960", "1088*832", "832*1088")),
    "wanx2.1-i2v-turbo": Model(use="first", resolutions=("480P", "720P"), resolution="720P", seconds=(3, 4, 5)),
    "wanx2.1-i2v-plus": Model(use="first", resolutions=("720P",), resolution="720P"),
    "wanx2.1-kf2v-plus": Model(use="both", resolutions=("720P",), resolution="720P"),
    "wan2.5-t2v-preview": NEWER,
    "wan2.5-i2v-preview": NEWER_IMAGE,
    "wan2.6-t2v": NEWER,
    "wan2.6-i2v": NEWER_IMAGE,
    "wan2.7-t2v": WAN_27,
    "wan2.7-i2v": replace(WAN_27, use="first"),
    "wan3.0-video": Model(
        use="text", resolutions=ALL, resolution="1080P", seconds=tuple(range(2, 31)), audio=True, media=True
    ),
}
SINGAPORE_NAMES = {name.replace("wanx", "wan", 1): model for name, model in MODELS.items() if name.startswith("wanx")}
MODELS |= SINGAPORE_NAMES


def frames_of(given: dict[str, Any]) -> dict[str, str]:
    """The pictures of a job in the newer shape, by their kind."""
    media = given.get("media")
    entries = [each for each in media if isinstance(each, dict)] if isinstance(media, list) else []
    return {str(each.get("type")): str(each.get("url") or "") for each in entries}


def _wrong_by_media(model: Model, given: dict[str, Any], parameters: dict[str, Any]) -> str:
    frames = frames_of(given)
    rules = (
        (parameters.get("resolution", model.resolution) not in model.resolutions, "resolution is not supported"),
        (parameters.get("ratio", "16:9") not in RATIOS, "ratio is not supported"),
        ("size" in parameters or "img_url" in given, "size and img_url belong to older models"),
        (not set(frames) <= {"first_frame", "last_frame"}, "media must hold a first_frame and a last_frame at most"),
        (model.use == "first" and not frames.get("first_frame"), "media must hold a first_frame"),
        ("last_frame" in frames and "first_frame" not in frames, "a last_frame needs a first_frame"),
        (not isinstance(given.get("prompt", ""), str), "prompt must be a string"),
    )
    return next((text for broken, text in rules if broken), "")


def wrong(model: Model, given: dict[str, Any], parameters: dict[str, Any]) -> str:
    """What is wrong with a job that the create did not look at; nothing if it is fine."""
    duration = parameters.get("duration", 5)
    seed = parameters.get("seed", 0)
    size = parameters.get("size", model.sizes[0])
    resolution = parameters.get("resolution", model.resolution)
    switches = ("prompt_extend", "watermark", "audio")
    if model.media and (text := _wrong_by_media(model, given, parameters)):
        return text
    older = not model.media
    rules = (
        (not _whole(duration) or duration not in model.seconds, f"duration must be in {list(model.seconds)}"),
        (not _whole(seed) or not 0 <= seed <= SEED_MAX, f"seed must be in [0, {SEED_MAX}]"),
        (older and model.use == "text" and size not in model.sizes, f"size must be in {list(model.sizes)}"),
        (
            older and model.use != "text" and resolution not in model.resolutions,
            f"resolution must be in {list(model.resolutions)}",
        ),
        (any(not isinstance(parameters.get(name, False), bool) for name in switches), "a switch must be a boolean"),
        (model.use == "text" and not frames_of(given) and not given.get("prompt"), "prompt is required"),
        (older and model.use == "first" and not given.get("img_url"), "img_url is required"),
        (model.use == "both" and not given.get("first_frame_url"), "first_frame_url is required"),
        (
            older and any(not isinstance(value, str | bool) for value in given.values()),
            "a field of input must be a string",
        ),
    )
    return next((text for broken, text in rules if broken), "")


def frame_size(model: Model, parameters: dict[str, Any]) -> tuple[int, int]:
    """Width and height of a text-to-video job that is not wrong."""
    if model.media:
        ratio = parameters.get("ratio", "16:9")
        return pixels(
            "16:9" if ratio == "adaptive" else ratio, str(parameters.get("resolution", model.resolution)).lower()
        )
    default = "1920*1080" if "1920*1080" in model.sizes else model.sizes[0]
    width, _, height = str(parameters.get("size", default)).partition("*")
    return int(width), int(height)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
