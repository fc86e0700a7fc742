"""What /video says when it is asked nothing, or for help."""

from collections.abc import Mapping, Sequence

from core.domain.requests.request import DURATION_DEFAULT_S, DURATION_MAX_S, DURATION_MIN_S, Aspect
from core.domain.requests.tiers import TIERS, TierName
from core.replies.chat.card import Card, Fact, Part, SmallPrint, Text, Tone
from core.replies.chat.tier_names import best
from core.replies.chat.words import credit_count, either


def video(prices: Mapping[TierName, int], *, examples: Sequence[str]) -> Card:
    """How to ask for a video.

    Args:
        prices: by tier, what a video of the usual length holds at most.
        examples: commands as this platform writes them.
    """
    parts: list[Part] = [
        Text("\n".join(examples)),
        Text(f"Tiers, with what {DURATION_DEFAULT_S} seconds take at most:"),
        *(_tier(name, price) for name, price in sorted(prices.items(), key=lambda row: row[1])),
        Text("Other options, in any order:"),
        Fact("aspect", either([aspect.value for aspect in Aspect])),
        Fact("seconds", f"{DURATION_MIN_S} to {DURATION_MAX_S}; {DURATION_DEFAULT_S} if you leave it out"),
        Fact("audio", "on or off; the tier decides if you leave it out"),
        Fact("negative", "what should not be in the video"),
        Fact("image", "a picture that the video begins with, and whose shape it takes: JPEG, PNG or WebP up to 20 MB"),
        Fact("last_image", "a picture that it ends with, where the model can"),
        Fact("seed", "a number; the same one gives a similar video"),
        SmallPrint(
            "Where a command takes no files, write image: and the picture's https address, or its link in this chat."
        ),
        SmallPrint("If a provider fails, the next one takes over. No video, no charge."),
        SmallPrint("Your balance: /credits. How the providers are doing: /providers"),
    ]
    return Card(title="Describe a video, and it comes into a thread here", tone=Tone.QUIET, parts=tuple(parts))


def _tier(name: TierName, price: int) -> Fact:
    what = f"{TIERS[name].blurb}, {credit_count(price)}"
    return Fact(name.value, f"{best()}, if you name none: {what}" if name is TierName.DEFAULT else what)
