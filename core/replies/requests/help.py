"""The help of /video."""

from collections.abc import Mapping, Sequence

from core.domain.requests.request import DURATION_DEFAULT_S, DURATION_MAX_S, DURATION_MIN_S, REFERENCES_MAX, Aspect
from core.domain.requests.tiers import TierName
from core.replies.chat.card import Card, Fact, Part, SmallPrint, Text, Tone
from core.replies.chat.option_words import help_facts
from core.replies.chat.tier_names import best, blurb
from core.replies.chat.words import credit_count, either
from core.replies.languages.say import say


def video(prices: Mapping[TierName, int], *, examples: Sequence[str]) -> Card:
    """How to ask for a video.

    Args:
        prices: by tier, what a video of the usual length holds at most.
        examples: commands as this platform writes them.
    """
    parts: list[Part] = [
        Text("\n".join(examples)),
        Text(say("Tiers, with what {n} seconds take at most:", n=DURATION_DEFAULT_S)),
        *(_tier(name, price) for name, price in sorted(prices.items(), key=lambda row: row[1])),
        Text(say("Other options, in any order:")),
        Fact("aspect", either([aspect.value for aspect in Aspect])),
        Fact(
            "seconds",
            say(
                "{least} to {most}; {usual} if you leave it out",
                least=DURATION_MIN_S,
                most=DURATION_MAX_S,
                usual=DURATION_DEFAULT_S,
            ),
        ),
        Fact("audio", say("on or off; the tier decides if you leave it out")),
        *help_facts(),
        Fact(
            "image",
            say("a picture that the video begins with, and whose shape it takes: JPEG, PNG or WebP up to 20 MB"),
        ),
        Fact("last_image", say("a picture that it ends with, where the model can")),
        Fact("reference", say("a picture of somebody or something to show, up to {most} of them", most=REFERENCES_MAX)),
        SmallPrint(
            say(
                "Where a command takes no files, write image: and the picture's https address, "
                "or its link in this chat."
            )
        ),
        SmallPrint(say("If a provider fails, the next one takes over. No video, no charge.")),
        SmallPrint(say("Your balance: /credits. How the providers are doing: /providers")),
    ]
    return Card(title=say("Describe a video, and it comes into a thread here"), tone=Tone.QUIET, parts=tuple(parts))


def _tier(name: TierName, price: int) -> Fact:
    what = f"{blurb(name)}, {credit_count(price)}"
    return Fact(
        name.value,
        say("{tier}, if you name none: {what}", tier=best(), what=what) if name is TierName.DEFAULT else what,
    )
