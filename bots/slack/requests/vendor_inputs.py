"""The inputs of Slack's form for the options that vendors take: one for each, drawn by the kind of its value."""

from collections.abc import Iterator, Mapping

from bots.slack.requests.form_inputs import INPUT_MAX, input_block, select
from bots.slack.requests.form_memory import Block
from core.domain.requests.option_values import value_of
from core.domain.requests.options import (
    OPTIONS,
    VENDOR_OPTIONS,
    FreeText,
    Option,
    OwnValues,
    PictureAddress,
    Switch,
    VendorOptions,
    WholeNumber,
    as_typed,
)
from core.replies.chat.option_words import WORDS
from core.replies.chat.words import cut
from core.replies.languages.say import say
from core.replies.requests.forms import SWITCH


def vendor_inputs(options: VendorOptions) -> Iterator[Block]:
    """The inputs, filled in with what was chosen."""
    chosen = dict(as_typed(options))
    for option in VENDOR_OPTIONS:
        yield _input(option, chosen.get(option, ""))


def no_such_numbers(chosen: Mapping[Option, str]) -> Iterator[tuple[str, str]]:
    """By input, what is wrong with the number in it."""
    for option, text in chosen.items():
        match OPTIONS[option].kind:
            case WholeNumber(least=least, most=most) if text and value_of(option, text) is None:
                yield option.value, say("A whole number from {least} to {most}.", least=least, most=most)


def _input(option: Option, value: str) -> Block:
    words = WORDS[option]
    match OPTIONS[option].kind:
        case FreeText():
            element: Block = {"type": "plain_text_input", "max_length": INPUT_MAX}
        case WholeNumber(least=least, most=most):
            element = {
                "type": "number_input", "is_decimal_allowed": False, "min_value": str(least), "max_value": str(most),
            }  # fmt: skip
        case Switch():
            return select(option.value, say(words.label), SWITCH, value)
        case PictureAddress() | OwnValues():
            raise ValueError(f"{option}: no vendor takes this kind of value as it is")
    element["action_id"] = option.value
    element |= {"initial_value": cut(value, INPUT_MAX)} if value else {}
    return input_block(
        option.value, say(words.label), element, optional=True, hint=say(words.hint) if words.hint else ""
    )
