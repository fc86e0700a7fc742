"""The announced end of each model that we use by default, and its successor.

A date is the earliest that a vendor names; models have answered for weeks after it, and may stop before.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """The known facts about one model's end.

    Args:
        checked: the date on which the facts were last looked up.
        successor: the model that takes over, named by its vendor, or else by us.
        ends: the earliest date on which its vendor switches it off.
        kept: the reason why it is a default after its end; only where its successor takes over by itself.
    """

    checked: date
    successor: str
    ends: date | None = None
    kept: str = ""


_READ = date(2026, 11, 30)
_LATER = "Google says “or later”, and gateways have it still; the successor takes over at the first “model gone”"

MODELS: Mapping[str, Life] = {
    "veo-3.1-generate-001": Life(
        checked=_READ, successor="gemini-omni-1.2-flash", ends=date(2026, 11, 17), kept=_LATER
    ),
    "veo-3.1-generate-preview": Life(
        checked=_READ, successor="gemini-omni-1.2-flash", ends=date(2026, 10, 22), kept=_LATER
    ),
    "gemini-omni-1.1-flash": Life(checked=_READ, successor="gemini-omni-1.2-flash", ends=date(2026, 12, 3)),
    "gemini-omni-1.2-flash": Life(checked=_READ, successor="none named"),
    "kling-3.0": Life(checked=_READ, successor="Kling 4.0, sold by fal: KLING_FAL_MODEL=kling/v4"),
    "kling-v3": Life(checked=_READ, successor="kling-3.0 on the current API"),
    "seedance-1-5-pro-251215": Life(
        checked=_READ, successor="dreamina-seedance-2-0-mini-260615", ends=date(2026, 11, 11)
    ),
    "doubao-seedance-1-5-pro-251215": Life(
        checked=_READ, successor="doubao-seedance-2-0-mini-260615", ends=date(2026, 11, 11)
    ),
    "dreamina-seedance-2-0-mini-260615": Life(checked=_READ, successor="dreamina-seedance-2-0-260128"),
    "doubao-seedance-2-0-mini-260615": Life(checked=_READ, successor="doubao-seedance-2-0-260128"),
    "dreamina-seedance-2-0-260128": Life(checked=_READ, successor="dreamina-seedance-2-5-260628"),
    "doubao-seedance-2-0-260128": Life(checked=_READ, successor="doubao-seedance-2-5-260628"),
    "MiniMax-Hailuo-2.3": Life(checked=_READ, successor="MiniMax-H3"),
    "MiniMax-H3": Life(checked=_READ, successor="none named"),
    "wan2.2-t2v-plus": Life(checked=_READ, successor="wan2.7-t2v"),
    "wan2.7-t2v": Life(checked=_READ, successor="wan3.0-video"),
    "fal-ai/veo3.1": Life(checked=_READ, successor="none named"),
    "fal-ai/kling-video/v3": Life(checked=_READ, successor="kling/v4"),
    "fal-ai/bytedance/seedance/v1.5/pro": Life(checked=_READ, successor="none named"),
    "fal-ai/minimax/hailuo-2.3": Life(checked=_READ, successor="none named"),
    "fal-ai/wan/v2.2-a14b": Life(checked=_READ, successor="none named"),
    "google/veo-3.1": Life(checked=_READ, successor="none named"),
    "kwaivgi/kling-v3-video": Life(checked=_READ, successor="none named"),
    "bytedance/seedance-1.5-pro": Life(checked=_READ, successor="none named"),
    "minimax/hailuo-2.3": Life(checked=_READ, successor="none named"),
    "wan-video/wan-2.2-t2v-fast": Life(checked=_READ, successor="none named"),
}
NOT_NAMED = "none named"


def end_of(model: str) -> datetime | None:
    """The earliest end of a model; None where none was announced, and for an unknown model."""
    life = MODELS.get(model)
    return datetime(life.ends.year, life.ends.month, life.ends.day, tzinfo=UTC) if life and life.ends else None


def successor_of(model: str) -> str:
    """The successor of a model; empty if there is none."""
    life = MODELS.get(model)
    return life.successor if life and life.successor != NOT_NAMED else ""


def overdue(models: Iterable[str], *, today: date) -> list[str]:
    """The defaults that forbid a release: never looked up, or with an announced end that has passed."""
    found = []
    for model in sorted(set(models)):
        life = MODELS.get(model)
        if life is None:
            found.append(f"{model}: nobody has looked up when it ends; add it to core/providers/lifecycle.py")
        elif life.ends is not None and life.ends < today and not life.kept:
            found.append(f"{model} ended on {life.ends}: make {life.successor} the default")
    return found
