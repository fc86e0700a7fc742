"""What a model can make of a request, and what that costs.

`fit` rounds a request to what one model offers; `quote` holds the dearest provider that a generation may use. The
tables themselves live with the providers. Credits are integers: one credit is one US cent of the vendor's list price
times the margin, rounded up per clip.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.domain.ids import ProviderName
from core.domain.requests.options import Option
from core.domain.requests.request import Aspect, VideoRequest
from core.domain.requests.tiers import TIERS, ResolutionChoice, Tier

MICROS = 1_000_000


class Sound(StrEnum):
    """Whether a model makes sound."""

    NEVER = "never"
    CHOICE = "choice"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """One resolution of a model and the durations that it offers there.

    Args:
        lines: the short edge in pixels: 480, 720, 768, 1080, 2160.
        durations_s: ascending.
    """

    lines: int
    durations_s: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What one model can make.

    Args:
        options: the vendor options that it takes.
        follows_frame: with a picture to begin with, the video has the picture's shape, whatever `aspects` says.
        references_max: how many pictures it takes that show what the video is to look like.
        reference_durations_s, reference_aspects: what it makes of them; empty: as without.
    """

    modes: tuple[Mode, ...]
    aspects: tuple[Aspect, ...]
    sound: Sound
    prompt_max: int
    options: frozenset[Option] = frozenset()
    first_frame: bool = False
    last_frame: bool = False
    follows_frame: bool = True
    references_max: int = 0
    reference_durations_s: tuple[int, ...] = ()
    reference_aspects: tuple[Aspect, ...] = ()

    def lacks(self, request: VideoRequest) -> str | None:
        """What of the pictures that were given it cannot use; None where it can."""
        if request.first_frame is not None and not self.first_frame:
            return "no first frame"
        if len(request.references) > self.references_max:
            return few_references(self.references_max)
        return "no last frame" if request.last_frame is not None and not self.last_frame else None


def few_references(most: int) -> str:
    """Why a route cannot use the references that were given, for the operator."""
    return f"at most {most} references" if most else "no references"


class Rounded(StrEnum):
    """What was asked for and could not be had to the letter."""

    DURATION = "duration"
    RESOLUTION = "resolution"
    ASPECT = "aspect"
    SOUND = "sound"
    PROMPT = "prompt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounding:
    """One thing that the person asked for in words and gets otherwise: asked 8, got 6."""

    what: Rounded
    asked: str
    got: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What one model will be asked for: a request rounded to what it can. `framed`: it begins with a picture."""

    duration_s: int
    lines: int
    aspect: Aspect
    audio: bool
    roundings: tuple[Rounding, ...] = ()
    framed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A provider's model: its name for people, what it can make, and its list price.

    Args:
        usd_micros: the vendor's list price of one clip in millionths of a US dollar.
    """

    provider: ProviderName
    label: str
    capabilities: Capabilities
    usd_micros: Callable[[Fitted], int]


Offers = Mapping[ProviderName, Offer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What is held for a generation: the dearest provider's price, and every provider's own."""

    credits: int
    by_provider: Mapping[ProviderName, int]


def nearest_duration(durations_s: Iterable[int], wanted_s: int) -> int:
    """The offered duration nearest to the wanted one; halfway between two rounds down."""
    return min(sorted(durations_s), key=lambda offered: (abs(offered - wanted_s), offered))


def _lines(modes: Iterable[Mode], tier: Tier) -> int:
    offered = sorted({mode.lines for mode in modes})
    inside = [lines for lines in offered if tier.lines_min <= lines <= tier.lines_max]
    if inside:
        return inside[-1] if tier.picture is ResolutionChoice.BEST else inside[0]
    below = [lines for lines in offered if lines < tier.lines_min]
    return below[-1] if below else offered[0]


def _aspect(offered: tuple[Aspect, ...], wanted: Aspect) -> Aspect:
    if wanted in offered:
        return wanted
    return min(offered, key=lambda aspect: abs(aspect.ratio - wanted.ratio))


def wants_sound(request: VideoRequest) -> bool:
    """Whether sound is asked for: by the person, or where they say nothing by the tier."""
    return TIERS[request.tier].audio if request.audio is None else request.audio


def fit(request: VideoRequest, capabilities: Capabilities) -> Fitted:
    """What this model makes of it: the nearest duration, then the tier's resolution among those that have it."""
    tier = TIERS[request.tier]
    every_duration = {seconds for mode in capabilities.modes for seconds in mode.durations_s}
    if request.references and capabilities.reference_durations_s:
        every_duration &= set(capabilities.reference_durations_s)
    duration_s = nearest_duration(every_duration, request.seconds)
    lines = _lines((mode for mode in capabilities.modes if duration_s in mode.durations_s), tier)
    framed = request.first_frame is not None
    follows = framed and capabilities.follows_frame
    aspects = (capabilities.reference_aspects if request.references else ()) or capabilities.aspects
    aspect = request.aspect if follows else _aspect(aspects, request.aspect)
    wants_audio = wants_sound(request)
    audio = {Sound.NEVER: False, Sound.CHOICE: wants_audio, Sound.ALWAYS: True}[capabilities.sound]
    return Fitted(
        duration_s=duration_s,
        lines=lines,
        aspect=aspect,
        audio=audio,
        roundings=tuple(
            _roundings(request, capabilities, duration_s=duration_s, lines=lines, aspect=aspect, audio=audio)
        ),
        framed=framed,
    )


def _roundings(
    request: VideoRequest,
    capabilities: Capabilities,
    *,
    duration_s: int,
    lines: int,
    aspect: Aspect,
    audio: bool,
) -> Iterable[Rounding]:
    if request.duration_s is not None and duration_s != request.duration_s:
        yield Rounding(what=Rounded.DURATION, asked=f"{request.duration_s} s", got=f"{duration_s} s")
    if lines < TIERS[request.tier].lines_min:
        yield Rounding(what=Rounded.RESOLUTION, asked=f"{TIERS[request.tier].lines_min}p", got=f"{lines}p")
    if aspect is not request.aspect:
        yield Rounding(what=Rounded.ASPECT, asked=request.aspect, got=aspect)
    if request.audio is not None and audio is not request.audio:
        yield Rounding(what=Rounded.SOUND, asked=_on_off(on=request.audio), got=_on_off(on=audio))
    if len(request.prompt) > capabilities.prompt_max:
        yield Rounding(
            what=Rounded.PROMPT,
            asked=f"{len(request.prompt)} characters",
            got=f"{capabilities.prompt_max} characters",
        )


def _on_off(*, on: bool) -> str:
    return "on" if on else "off"


def credits_for(usd_micros: int, *, credits_per_usd: int) -> int:
    """Credits of one clip, rounded up, at least one.

    Args:
        usd_micros: the list price in millionths of a US dollar.
        credits_per_usd: 150 by default: 100 cents times the margin of 1.5.
    """
    return max(1, -(-usd_micros * credits_per_usd // MICROS))


def price(request: VideoRequest, offer: Offer, *, credits_per_usd: int) -> int:
    """What this provider's clip costs the team, in credits."""
    return credits_for(offer.usd_micros(fit(request, offer.capabilities)), credits_per_usd=credits_per_usd)


def quote(request: VideoRequest, offers: Offers, *, providers: Iterable[ProviderName], credits_per_usd: int) -> Quote:
    """The hold for a generation that may use these providers; independent of which of them are healthy."""
    by_provider = {name: price(request, offers[name], credits_per_usd=credits_per_usd) for name in providers}
    return Quote(credits=max(by_provider.values()), by_provider=by_provider)
