"""What the Hailuo models can make (checked 2026-11-22)."""

from dataclasses import dataclass

SIZES = {"512P": (910, 512), "720P": (1280, 720), "768P": (1366, 768), "1080P": (1920, 1080)}
SECONDS = {"512P": (6, 10), "720P": (6,), "768P": (6, 10), "1080P": (6,)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model. `plain`: takes neither duration nor resolution."""

    text: bool = False
    first: bool = False
    last: bool = False
    subject: bool = False
    plain: bool = False
    resolutions: tuple[str, ...] = ("768P", "1080P")
    pretreatment: bool = True


OLD = ("720P",)
MODELS = {
    "MiniMax-Hailuo-2.3": Model(text=True, first=True),
    "MiniMax-Hailuo-2.3-Fast": Model(first=True),
    "MiniMax-Hailuo-02": Model(text=True, first=True, last=True, resolutions=("512P", "768P", "1080P")),
    "T2V-01": Model(text=True, plain=True, resolutions=OLD, pretreatment=False),
    "T2V-01-Director": Model(text=True, plain=True, resolutions=OLD, pretreatment=False),
    "I2V-01": Model(first=True, plain=True, resolutions=OLD, pretreatment=False),
    "I2V-01-Director": Model(first=True, plain=True, resolutions=OLD, pretreatment=False),
    "I2V-01-live": Model(first=True, plain=True, resolutions=OLD, pretreatment=False),
    "S2V-01": Model(subject=True, plain=True, resolutions=OLD, pretreatment=False),
}
