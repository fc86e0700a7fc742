"""What Ark's Seedance models can make, the sizes of their frames, and what a clip counts in tokens.

Checked 2026-11-22.
"""

from dataclasses import dataclass

RATIOS = ("16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive")
FPS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One family. `modes`: text, first, last, references. `auto`: takes -1 seconds."""

    modes: frozenset[str]
    seconds: tuple[int, int]
    resolutions: tuple[str, ...]
    resolution: str = "720p"
    ratio: str = "16:9"
    audio: bool = False
    auto: bool = False
    frames: bool = False
    suffixes: bool = True
    """Reads `--dur 5` and the like at the end of the text."""
    free_ratio: bool = False
    """Takes a ratio other than adaptive beside a frame image."""
    draft: bool = False
    refuses: tuple[str, ...] = ()
    """Options of the older models that this one calls an error."""


NEWER = ("seed", "camera_fixed", "service_tier", "frames")
FULL = frozenset({"text", "first", "last"})
ALL = FULL | {"references"}
HD = ("480p", "720p", "1080p")

FAMILIES = {
    "seedance-1-5-pro": Model(
        modes=FULL, seconds=(4, 12), resolutions=HD, ratio="adaptive", audio=True, auto=True, draft=True
    ),
    "seedance-1-0-pro-fast": Model(
        modes=frozenset({"text", "first"}),
        seconds=(2, 12),
        resolutions=HD,
        resolution="1080p",
        frames=True,
        free_ratio=True,
    ),
    "seedance-1-0-pro": Model(
        modes=FULL, seconds=(2, 12), resolutions=HD, resolution="1080p", frames=True, free_ratio=True
    ),
    "seedance-1-0-lite-t2v": Model(
        modes=frozenset({"text"}), seconds=(2, 12), resolutions=HD, frames=True, free_ratio=True
    ),
    "seedance-1-0-lite-i2v": Model(modes=ALL - {"text"}, seconds=(2, 12), resolutions=HD, frames=True, free_ratio=True),
    "seedance-2-0-fast": Model(
        modes=ALL,
        refuses=NEWER,
        seconds=(4, 15),
        resolutions=("480p", "720p"),
        audio=True,
        auto=True,
        suffixes=False,
        ratio="adaptive",
    ),
    "seedance-2-0-mini": Model(
        modes=ALL,
        refuses=NEWER,
        seconds=(4, 15),
        resolutions=("480p", "720p"),
        audio=True,
        suffixes=False,
        ratio="adaptive",
    ),
    "seedance-2-0": Model(
        modes=ALL,
        refuses=NEWER,
        seconds=(4, 15),
        resolutions=(*HD, "4k"),
        audio=True,
        auto=True,
        suffixes=False,
        ratio="adaptive",
    ),
    "seedance-2-5": Model(
        modes=ALL, refuses=NEWER, seconds=(4, 30), resolutions=HD, audio=True, suffixes=False, ratio="adaptive"
    ),
}
"""By the id without its prefix and date; a longer name comes before its shorter beginning."""

SIZES = {
    "480p": {"16:9": (864, 496), "4:3": (752, 560), "1:1": (640, 640), "21:9": (992, 432)},
    "720p": {"16:9": (1280, 720), "4:3": (1112, 834), "1:1": (960, 960), "21:9": (1470, 630)},
    "1080p": {"16:9": (1920, 1080), "4:3": (1664, 1248), "1:1": (1440, 1440), "21:9": (2206, 946)},
    "4k": {"16:9": (3840, 2160), "4:3": (3328, 2496), "1:1": (2880, 2880), "21:9": (4412, 1892)},
}


def family(model: str) -> Model | None:
    """What the model of this id can do; an endpoint id (`ep-…`) stands for 1.5 pro."""
    if model.startswith("ep-"):
        return FAMILIES["seedance-1-5-pro"]
    bare = model.removeprefix("doubao-").removeprefix("dreamina-")
    return next((found for name, found in FAMILIES.items() if bare.startswith(f"{name}-")), None)


def frame_size(ratio: str, resolution: str) -> tuple[int, int]:
    """Width and height in pixels."""
    sizes = SIZES[resolution]
    if ratio in sizes:
        return sizes[ratio]
    across, down = ratio.split(":")
    height, width = sizes[f"{down}:{across}"]
    return width, height


def nearest_ratio(width: int, height: int) -> str:
    """The ratio closest to a picture's shape: what `adaptive` chooses."""
    return min(RATIOS[:-1], key=lambda ratio: abs(_value(ratio) - width / height))


def tokens(width: int, height: int, seconds: float) -> int:
    """What a clip counts in the bill. At 1080p, 1088 lines are counted."""
    lines = 1088 if height == 1080 else height
    return int(width * lines * (FPS * seconds + 1) / 1024)


def _value(ratio: str) -> float:
    across, down = ratio.split(":")
    return int(across) / int(down)
