"""The options of /video: what Discord says of each, and the vendor options as typed ones.

discord.py makes the options of a command from the signature of its handler.
"""

import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar

from discord import AppCommandOptionType, app_commands
from discord.app_commands.transformers import RangeTransformer

from core.domain.requests.options import (
    OPTIONS,
    VENDOR_OPTIONS,
    FreeText,
    Kind,
    OwnValues,
    PictureAddress,
    Switch,
    WholeNumber,
)
from core.domain.requests.request import Aspect
from core.replies.chat.option_words import WORDS

WORDS_MAX = 500
"""Characters of an option."""

HandlerT = TypeVar("HandlerT", bound=Callable[..., Awaitable[None]])

ASPECTS = [app_commands.Choice(name=aspect.value, value=aspect.value) for aspect in Aspect]
DESCRIPTIONS = {
    "prompt": "What the video should show; left out, a form asks",
    "tier": "Quality, with what 8 seconds take; left out, the best available",
    "aspect": "Width to height",
    "seconds": "How long",
    "audio": "With sound, where the model can",
    "takes": "How many videos of it at once; you pick one",
    "preset": "A name that your server's managers have given to words and a look",
    "at": "When it is to be made: tomorrow 9:00, in 2 hours, when cheap",
    "image": "A picture that the video begins with, and whose shape it takes",
    "last_image": "A picture that it ends with, where the model can",
    "reference1": "A picture of somebody or something that is to be in it, where the model can",
    "reference2": "Another one",
    "reference3": "Another one",
    "reference4": "Another one",
    "spoiler": "Behind a veil, until somebody wants to see it",
    "gallery": "False keeps it out of this server's gallery",
}
"""What Discord shows beside each option of `/video`."""


def with_vendor_options(*, before: str) -> Callable[[HandlerT], HandlerT]:
    """Gives a handler with `**chosen` one typed option for each vendor option.

    Args:
        before: the option in front of which they stand.
    """

    def decorated(handler: HandlerT) -> HandlerT:
        named = inspect.signature(handler, eval_str=True)
        parameters = [each for each in named.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
        at = [each.name for each in parameters].index(before)
        handler.__dict__["__signature__"] = named.replace(
            parameters=[*parameters[:at], *_vendor_options(), *parameters[at:]]
        )
        describe = app_commands.describe(**{option.value: WORDS[option].about for option in VENDOR_OPTIONS})
        return describe(handler)

    return decorated


def _vendor_options() -> list[inspect.Parameter]:
    return [
        inspect.Parameter(
            option.value, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=_type(OPTIONS[option].kind)
        )
        for option in VENDOR_OPTIONS
    ]


def _type(kind: Kind) -> object:
    match kind:
        case FreeText():
            return RangeTransformer(AppCommandOptionType.string, min=1, max=WORDS_MAX)
        case WholeNumber(least=least, most=most):
            return RangeTransformer(AppCommandOptionType.integer, min=least, max=most)
        case Switch():
            return bool
        case PictureAddress() | OwnValues():
            raise ValueError("no vendor takes this kind of value as it is")
