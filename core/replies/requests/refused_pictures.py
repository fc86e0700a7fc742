"""Refusals about the pictures that people give, as sentences that say what to do."""

from core.domain.errors import Refused
from core.domain.requests import refusals as no
from core.domain.requests.reference_refusals import PicturesMixed, TooManyReferences
from core.replies.chat.tier_names import label
from core.replies.chat.words import listed
from core.replies.languages.say import later, say, say_count

MIB = 1024 * 1024

_ALWAYS_THE_SAME: dict[type[Refused], tuple[str, str]] = {
    no.NotAPicture: (
        later("I cannot read that file as a picture"),
        later("Send a JPEG, PNG, WebP, HEIC or AVIF up to 20 MB."),
    ),
    no.PictureNotFetched: (
        later("I cannot get that picture"),
        later("Give the https address of the picture itself, one that everybody can open, or send the picture here."),
    ),
    no.PictureLate: (
        later("Your picture did not come through in time"),
        later("Nothing was taken. Please try again in a minute."),
    ),
    no.PictureNotYours: (
        later("I may not use that file here"),
        later("I use files that you have sent, or that everybody in this channel can see. Share it here first."),
    ),
    no.NoPictureThere: (
        later("There is no picture in this message"),
        later("Choose a message with a JPEG, PNG, WebP, HEIC or AVIF in it."),
    ),
    no.LastPictureAlone: (
        later("Which picture should it begin with?"),
        later("A last picture needs a first one. Add that, too."),
    ),
    PicturesMixed: (
        later("References do not go together with a first or last picture"),
        later("Nothing was taken. Give the one or the other: no model takes both."),
    ),
    no.NoProviderForPictures: (
        later("No provider in this tier can begin and end with pictures like that"),
        later("Nothing was taken. Choose another tier, or leave the last picture out."),
    ),
}


def words(refusal: Refused) -> tuple[str, str] | None:
    """The heading and the advice; None for refusals about something else."""
    match refusal:
        case no.PictureTooLarge(bytes_max=most, pixels_max=pixels):
            return (
                say("That picture is too large"),
                say(
                    "Send one of up to {most} MB and {pixels} megapixels.", most=most // MIB, pixels=pixels // 1_000_000
                ),
            )
        case no.PictureTooSmall(width=width, height=height, side_min=least):
            return (
                say("A picture of {width} × {height} pixels is too small", width=width, height=height),
                say("Each side needs at least {least} pixels.", least=least),
            )
        case no.PictureTooNarrow(width=width, height=height):
            return (
                say("A picture of {width} × {height} pixels is too narrow", width=width, height=height),
                say("Its longer side has to stay below 2½ times its shorter one. Crop it and send it again."),
            )
        case TooManyReferences(most=most):
            return (
                say("Those are too many pictures"),
                say("Up to {most} can show what is to be in the video.", most=most),
            )
        case no.NoProviderForPictures(references=count, able=able) if count:
            heading = say_count(
                "No provider in this tier takes {n} reference", "No provider in this tier takes {n} references", count
            )
            if not able:
                return heading, say("Nothing was taken. Try it with fewer.")
            return heading, say("Nothing was taken. These can: {tiers}.", tiers=listed([label(name) for name in able]))
        case _:
            found = _ALWAYS_THE_SAME.get(type(refusal))
            return (say(found[0]), say(found[1])) if found is not None else None
