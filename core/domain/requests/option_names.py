"""The options of a video as people name them: each name, what it stands for, and whether sentences have it, too."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Option(StrEnum):
    """One thing that can be chosen. The value is the name that cards and examples use."""

    TIER = "tier"
    ASPECT = "aspect"
    SECONDS = "seconds"
    AUDIO = "audio"
    NEGATIVE = "negative"
    SEED = "seed"
    TAKES = "takes"
    IMAGE = "image"
    LAST_IMAGE = "last_image"
    REFERENCE = "reference"
    """A picture that shows what the video is to look like; it may be given several times."""
    PRESET = "preset"
    AT = "at"
    """When it is to be made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionName:
    """A name of an option. `common`: sentences have it, too, so it needs more than a colon behind it."""

    option: Option
    common: bool = False


def _rows(option: Option, plain: str, common: str = "") -> dict[str, OptionName]:
    named = {word.replace("_", " "): OptionName(option=option) for word in plain.split()}
    return named | {word.replace("_", " "): OptionName(option=option, common=True) for word in common.split()}


NAMES: dict[str, OptionName] = {
    **_rows(
        Option.TIER,
        "tier tiers resolution provider vendor engine",
        "res model models quality qualität qualité calidad modell modèle modelo 画质 画質 品質",
    ),
    **_rows(
        Option.ASPECT,
        "aspect aspects aspect_ratio ratio ar aspectratio seitenverhältnis",
        "format orientation shape proportion proportions 比例 宽高比 縦横比",
    ),
    **_rows(
        Option.SECONDS,
        "seconds second secs sec duration dur sekunden dauer durée duree secondes duración duracion segundos",
        "length len runtime länge 秒 秒数 时长 時長 長さ",
    ),
    **_rows(Option.AUDIO, "audio", "sound sounds ton son sonido 声音 音频 音声"),
    **_rows(
        Option.NEGATIVE,
        "negative negative_prompt negativeprompt neg negativ négatif negativo",
        "no without exclude avoid ohne sans sin 不要 除外",
    ),
    **_rows(Option.SEED, "seed seeds", "种子 シード"),
    **_rows(Option.TAKES, "takes", "take variations variants copies"),
    **_rows(
        Option.IMAGE,
        "image first_image start_image first_frame start_frame",
        "picture img photo pic bild",
    ),
    **_rows(Option.PRESET, "preset presets"),
    **_rows(Option.AT, "schedule scheduled_for start_at", "at"),
    **_rows(
        Option.REFERENCE,
        "reference_image reference_images reference_picture ref_image",
        "reference references ref refs referenz",
    ),
    **_rows(Option.LAST_IMAGE, "last_image end_image last_frame end_frame lastimage endimage"),
}
"""By name as `glyphs.plain` spells it. A blank in a name may be typed as a blank, a dash or an underscore."""


def _pattern(name: str) -> str:
    return r"[ _-]?".join(map(re.escape, name.split(" ")))


PATTERN = "|".join(sorted(map(_pattern, NAMES), key=len, reverse=True))
"""Finds a name, the longest first."""


def named(word: str) -> OptionName:
    """What a name that `PATTERN` has found stands for."""
    spaced = re.sub(r"[_-]", " ", word)
    return NAMES.get(spaced) or _JOINED[spaced.replace(" ", "")]


_JOINED = {name.replace(" ", ""): known for name, known in NAMES.items()}
_NEAR_MIN = 4


def near(word: str) -> Option | None:
    """The option that a word is one slip of the finger away from: teir, aspekt, secnds."""
    if len(word) < _NEAR_MIN - 1:
        return None
    for name, known in NAMES.items():
        if len(name) >= _NEAR_MIN and word != name and is_one_slip(word, name):
            return known.option
    return None


def is_one_slip(one: str, other: str) -> bool:
    """Whether a letter was added, left out or changed, or two neighbours changed places."""
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1:
        return False
    same = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[same:] == long[same + 1 :]
    swapped = short[same : same + 2] == long[same : same + 2][::-1] and short[same + 2 :] == long[same + 2 :]
    return swapped or short[same + 1 :] == long[same + 1 :]
