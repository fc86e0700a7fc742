"""The script of the simulated vendors and chat: what they are to do, and what they charge."""

from dataclasses import dataclass

from core.domain.ids import ProviderName
from core.domain.requests.pricing import Capabilities, Mode, Offer, Sound
from core.domain.requests.request import Aspect

LINES = 36
"""As many as the clip of the simulated world has."""


@dataclass(frozen=True, kw_only=True)
class Script:
    """What the strangers do in one run, and when the person cancels."""

    veo: tuple[str, ...] = ("ok",)
    kling: tuple[str, ...] = ("ok",)
    can_find: bool = True
    can_cancel: bool = True
    veo_takes_s: float = 13.0
    window_s: float = 900.0
    cancel_at_s: float | None = None
    calls_back: bool = True
    chat: str = "ok"


def offer(provider: ProviderName, label: str, usd_micros: int) -> Offer:
    return Offer(
        provider=provider,
        label=label,
        capabilities=Capabilities(
            modes=(Mode(lines=LINES, durations_s=(8,)),), aspects=tuple(Aspect), sound=Sound.NEVER, prompt_max=2000
        ),
        usd_micros=lambda _: usd_micros,
    )
