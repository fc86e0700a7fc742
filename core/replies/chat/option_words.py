"""What people are told about the options that vendors take: in forms, in help, and in the details of a video."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.domain.requests.options import Option, VendorOptions, as_typed
from core.replies.chat.card import Fact
from core.replies.languages.say import later, say


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionWords:
    """The sentences about one option; `say` translates each.

    Args:
        label: names its input in a form, in at most 45 characters.
        hint: explains the input, in at most 100 characters; empty where the label says it all.
        help: what /video help says behind the option's name.
        fact: stands before its value in the details of a video.
    """

    label: str
    help: str
    fact: str
    hint: str = ""

    @property
    def about(self) -> str:
        """One sentence about it, where there is room for only one."""
        return self.hint or self.label


WORDS: Mapping[Option, OptionWords] = {
    Option.NEGATIVE: OptionWords(
        label=later("What should not be in it"),
        help=later("what should not be in the video"),
        fact=later("Not in it:"),
    ),
    Option.SEED: OptionWords(
        label=later("Seed"),
        hint=later("The same number gives a similar video"),
        help=later("a number; the same one gives a similar video"),
        fact=later("Seed:"),
    ),
}


def help_facts() -> Iterator[Fact]:
    """The lines of /video help about them."""
    for option, words in WORDS.items():
        yield Fact(option.value, say(words.help))


def chosen_facts(options: VendorOptions) -> Iterator[Fact]:
    """The options that a person chose, with their values."""
    for option, value in as_typed(options):
        yield Fact(say(WORDS[option].fact), value)
