"""What a person asks for, checked before anything is taken.

Checking is pure: it answers with a request or raises a refusal that carries the facts.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from core.domain.ids import ProviderName
from core.domain.requests.options import VendorOptions, with_words
from core.domain.requests.refusals import (
    DurationOutOfRange,
    LastPictureAlone,
    PromptMissing,
    PromptTooLong,
)
from core.domain.requests.tiers import TierName
from core.domain.text import clean

PROMPT_MAX = 4000
"""Characters. What a form takes; a model with a shorter limit gets the beginning, and the result says so."""
DURATION_MIN_S, DURATION_MAX_S = 2, 15
DURATION_DEFAULT_S = 8
TAKES_MAX = 4
REFERENCES_MAX = 4
"""Pictures that show what a video is to look like; a model may take fewer."""


class Aspect(StrEnum):
    """Width to height. The value is what people type."""

    WIDE = "16:9"
    TALL = "9:16"
    SQUARE = "1:1"
    CLASSIC = "4:3"
    PORTRAIT = "3:4"
    CINEMA = "21:9"

    @property
    def ratio(self) -> float:
        width, height = self.value.split(":")
        return int(width) / int(height)


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoRequest(VendorOptions):
    """One video that a person asks for; the options that vendors take as they are come from `VendorOptions`.

    Args:
        duration_s: as asked, in seconds; None takes the default. What a model cannot make is rounded at its turn.
        audio: None leaves it to the tier.
        first_frame, last_frame: keys of pictures in our own storage.
        references: keys of pictures that show people, things or a look; never beside a first or a last frame.
        extends: the generation whose video this one goes on from, and is joined to.
        without: providers that are not to be asked: they have refused this before.
        is_veiled: whoever looks at its video has to want that, where the platform has such a veil.
        is_shown: its video may come into a gallery.
        excluded, too_dear: providers of its tier that rules of the workspace leave out.
        is_private: it was asked for where only some people of the workspace look: its video stays among them.
    """

    prompt: str
    tier: TierName = TierName.DEFAULT
    aspect: Aspect = Aspect.WIDE
    duration_s: int | None = None
    audio: bool | None = None
    first_frame: str | None = None
    last_frame: str | None = None
    references: tuple[str, ...] = ()
    without: tuple[ProviderName, ...] = ()
    extends: str | None = None
    is_veiled: bool = False
    is_shown: bool = True
    excluded: tuple[ProviderName, ...] = ()
    too_dear: tuple[ProviderName, ...] = ()
    is_private: bool = False

    @property
    def seconds(self) -> int:
        return DURATION_DEFAULT_S if self.duration_s is None else self.duration_s


# Vendors read settings out of the prompt (Seedance: facts of 2026-11-22): a person's `--dur 12` would change the price.
_CONTROL_TOKEN = re.compile(
    r"(?<!\S)--+(resolution|rs|ratio|rt|duration|dur|framespersecond|fps|watermark|wm|seed|camerafixed|cf|frames)"
    r"(?=[ =]|$)",
    re.IGNORECASE,
)


def clean_prompt(text: str) -> str:
    """The prompt without invisible characters and doubled spaces. Vendor control tokens become plain words."""
    return clean(_CONTROL_TOKEN.sub(r"\1", clean(text)))


def checked(request: VideoRequest) -> VideoRequest:
    """The request, cleaned; raises a refusal when it cannot be made.

    Raises:
        PromptMissing, PromptTooLong, DurationOutOfRange, LastPictureAlone
    """
    prompt = clean_prompt(request.prompt)
    if not prompt:
        raise PromptMissing
    if len(prompt) > PROMPT_MAX:
        raise PromptTooLong(length=len(prompt), length_max=PROMPT_MAX)
    if not DURATION_MIN_S <= request.seconds <= DURATION_MAX_S:
        raise DurationOutOfRange(
            duration_s=request.seconds, duration_s_min=DURATION_MIN_S, duration_s_max=DURATION_MAX_S
        )
    if request.last_frame is not None and request.first_frame is None:
        raise LastPictureAlone
    return with_words(replace(request, prompt=prompt), clean_prompt)
