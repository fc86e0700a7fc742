"""What the admins of a workspace read about its settings, each with what its values mean."""

from collections.abc import Mapping

from core.domain.requests.fallback import Fallback
from core.domain.requests.tiers import TierName
from core.replies.chat.card import Action, Button, Card, Fact, Part, SmallPrint, Text, Tone
from core.replies.chat.words import listed

NAMES = {Fallback.NEVER: "Never fall back", Fallback.SAME_TIER: "Same tier", Fallback.ANY: "Any"}
_MEANS = {
    Fallback.NEVER: "only the tier's first provider makes the video. If it cannot, there is none, and nothing is paid.",
    Fallback.SAME_TIER: "the other providers of the tier take over, in order. Nobody else.",
}


def settings(
    *,
    fallback: Fallback,
    last_resort: Mapping[TierName, str],
    keep_days: int,
    changed: str | None = None,
) -> Card:
    """The answer to /settings, and to a change.

    Args:
        fallback: what holds now.
        keep_days: for how long prompts, pictures and clips are kept.
        changed: the setting that was just changed.
        last_resort: by tier, the label of the provider that the operator lets it fall back to beyond its chain.
    """
    parts: list[Part] = [
        Text("When the first provider of a video fails, who may take over?"),
        *(
            Fact(f"{NAMES[each]}{' (now)' if each is fallback else ''}:", _means(each, last_resort))
            for each in Fallback
        ),
        *(
            Button(
                Action.CHOOSE,
                f"✓ {NAMES[each]}" if each is fallback else NAMES[each],
                f"fallback={each.value}",
                primary=each is fallback,
            )
            for each in Fallback
        ),
        SmallPrint("It holds for videos asked for from now on; those under way keep what they began with."),
        Text(
            f"Prompts, pictures and videos are deleted here after {days(keep_days)}. "
            "What is in your channels stays there. To change it: /settings keep:30"
        ),
    ]
    what = {"fallback": NAMES[fallback].lower(), "keep": f"kept for {days(keep_days)}"}
    title = f"Changed: {what[changed]}" if changed else "Settings of this workspace"
    return Card(title=title, tone=Tone.QUIET, parts=tuple(parts))


def days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _means(choice: Fallback, last_resort: Mapping[TierName, str]) -> str:
    if choice is not Fallback.ANY:
        return _MEANS[choice]
    if not last_resort:
        return "whoever can. Whoever runs Neverdark has named nobody beyond the tier, so it is the same tier here."
    named = listed([f"{label} for {tier.value}" for tier, label in last_resort.items()])
    return f"the other providers of the tier, then as a last resort {named}."
