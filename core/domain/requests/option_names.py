"""The names of options as people write them: each name, what it stands for, and whether sentences have it, too."""

import re
from dataclasses import dataclass

from core.domain.requests.options import OPTIONS, Option


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionName:
    """A name of an option. `common`: sentences have it, too, so it needs more than a colon behind it."""

    option: Option
    common: bool = False


def _named(option: Option, names: str, *, common: bool) -> dict[str, OptionName]:
    return {name.replace("_", " "): OptionName(option=option, common=common) for name in names.split()}


NAMES: dict[str, OptionName] = {
    name: known
    for option, row in OPTIONS.items()
    for names, common in ((row.names, False), (row.common, True))
    for name, known in _named(option, names, common=common).items()
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
    same = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[same:] == long[same + 1 :]
    swapped = short[same : same + 2] == long[same : same + 2][::-1] and short[same + 2 :] == long[same + 2 :]
    return swapped or short[same + 1 :] == long[same + 1 :]
