"""Refusals about the pictures that people give, as sentences that say what to do."""

from core.domain.errors import Refused
from core.domain.requests import refusals as no

MIB = 1024 * 1024

_ALWAYS_THE_SAME: dict[type[Refused], tuple[str, str]] = {
    no.NotAPicture: ("That file is no picture I can read", "Send a JPEG, PNG, WebP, HEIC or AVIF up to 20 MB."),
    no.PictureNotFetched: (
        "I cannot get that picture",
        "Give the https address of the picture itself, one that everybody can open, or send the picture here.",
    ),
    no.PictureLate: ("Your picture did not come through in time", "Nothing was taken. Please try again in a minute."),
    no.PictureNotYours: (
        "I may not use that file here",
        "I use files that you have sent, or that everybody in this channel can see. Share it here first.",
    ),
    no.NoPictureThere: (
        "There is no picture in this message",
        "Choose a message with a JPEG, PNG, WebP, HEIC or AVIF in it.",
    ),
    no.LastPictureAlone: ("Which picture should it begin with?", "A last picture wants a first one: give that, too."),
    no.NoProviderForPictures: (
        "Nobody in this tier can begin and end with pictures like that",
        "Nothing was taken. Choose another tier, or leave the last picture out.",
    ),
}


def words(refusal: Refused) -> tuple[str, str] | None:
    """The heading and the advice; None for refusals about something else."""
    match refusal:
        case no.PictureTooLarge(bytes_max=most, pixels_max=pixels):
            return (
                "That picture is too large",
                f"Send one of up to {most // MIB} MB and {pixels // 1_000_000} megapixels.",
            )
        case no.PictureTooSmall(width=width, height=height, side_min=least):
            return (
                f"A picture of {width} × {height} pixels is too small",
                f"Each side wants at least {least} pixels.",
            )
        case no.PictureTooNarrow(width=width, height=height):
            return (
                f"A picture of {width} × {height} pixels is too narrow",
                "Its longer side has to stay below 2½ times its shorter one. Crop it and send it again.",
            )
        case _:
            return _ALWAYS_THE_SAME.get(type(refusal))
