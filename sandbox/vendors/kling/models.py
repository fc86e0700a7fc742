"""What Kling's models can make and take, and what their output costs (checked 2026-11-22)."""

from dataclasses import dataclass

PUBLIC_UNIT_USD = 0.14


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model on the new paths. `audio`: takes `settings.audio`; `multi_shot`: takes `settings.multi_shot`."""

    seconds: tuple[int, ...]
    resolutions: tuple[str, ...]
    ratios: tuple[str, ...] = ("16:9", "9:16", "1:1")
    audio: bool = True
    multi_shot: bool = True
    last_frame: str = "any"
    """`any`, `no`, or the only resolution at which a last frame is taken."""
    prompt_max: int = 3072
    usd_per_s: tuple[float, float, float] = (0.084, 0.112, 0.42)
    """At 720p, 1080p and 4k, silent; audio adds half."""


MODELS = {
    "kling-3.0": Model(seconds=tuple(range(3, 16)), resolutions=("720p", "1080p", "4k")),
    "kling-3.0-turbo": Model(
        seconds=tuple(range(3, 16)),
        resolutions=("720p", "1080p"),
        audio=False,
        multi_shot=False,
        last_frame="no",
        prompt_max=2500,
        usd_per_s=(0.112, 0.14, 0.14),
    ),
    "kling-2.6": Model(
        seconds=(5, 10),  # the range on the new paths is unconfirmed; legacy took these two
        resolutions=("720p", "1080p"),
        multi_shot=False,
        last_frame="1080p",
        usd_per_s=(0.042, 0.07, 0.07),
    ),
    "kling-2.5-turbo": Model(
        seconds=(5, 10),
        resolutions=("720p", "1080p"),
        audio=False,
        multi_shot=False,
        last_frame="1080p",
        usd_per_s=(0.042, 0.07, 0.07),
    ),
    "kling-4.0": Model(  # the official id and path are unconfirmed
        seconds=tuple(range(3, 31)),
        resolutions=("720p", "1080p"),
        ratios=("16:9", "9:16", "1:1", "21:9"),
        prompt_max=26000,
        usd_per_s=(0.1667, 0.25, 0.25),
    ),
}
OMNI = {"kling-3.0-omni": MODELS["kling-3.0"]}
MOTION = {"kling-3.0": MODELS["kling-3.0"]}

LEGACY_NOW = ("kling-v3", "kling-v3-omni", "kling-v2-6", "kling-v2-5-turbo")
LEGACY_RETIRED = (
    "kling-v1",
    "kling-v1-5",
    "kling-v1-6",
    "kling-v2-master",
    "kling-v2-0",
    "kling-v2-1",
    "kling-v2-1-master",
)
"""Off since 2026-09-15."""


def units(model: Model, *, resolution: str, seconds: float, audio: bool) -> str:
    """What a clip costs in units of a resource pack, as the answers print it."""
    usd = model.usd_per_s[("720p", "1080p", "4k").index(resolution)] * seconds * (1.5 if audio else 1.0)
    return f"{usd / PUBLIC_UNIT_USD:.2f}".rstrip("0").rstrip(".")
