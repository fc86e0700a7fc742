"""The vendor options as typed options of /video: discord.py makes a command's options from a handler's signature."""

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
from core.replies.chat.option_words import WORDS

WORDS_MAX = 500
"""Characters of an option."""

HandlerT = TypeVar("HandlerT", bound=Callable[..., Awaitable[None]])


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
