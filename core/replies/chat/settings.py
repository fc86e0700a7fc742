"""What the admins of a workspace read about its settings, each with what its values mean."""

from collections.abc import Mapping

from core.domain.chat.principal import Outsiders
from core.domain.requests.fallback import Fallback
from core.domain.requests.tiers import TierName
from core.replies.chat.card import Action, Button, Card, Fact, Part, SmallPrint, Text, Tone
from core.replies.chat.words import listed

NAMES = {Fallback.NEVER: "Never fall back", Fallback.SAME_TIER: "Same tier", Fallback.ANY: "Any"}
_MEANS = {
    Fallback.NEVER: "only the tier's first provider makes the video. If it cannot, there is none, and nothing is paid.",
    Fallback.SAME_TIER: "the other providers of the tier take over, in order. Nobody else.",
}


OUTSIDER_NAMES = {Outsiders.NOBODY: "Members only", Outsiders.GUESTS: "And guests", Outsiders.EVERYBODY: "Everybody"}
_OUTSIDERS_MEAN = {
    Outsiders.NOBODY: "who belongs to this workspace as a member, and nobody else.",
    Outsiders.GUESTS: "members, and this workspace's own guests.",
    Outsiders.EVERYBODY: "people of other workspaces, too, in channels that are shared with them. This workspace pays.",
}


def settings(
    *,
    fallback: Fallback,
    last_resort: Mapping[TierName, str],
    outsiders: Outsiders = Outsiders.NOBODY,
    changed: Fallback | Outsiders | None = None,
) -> Card:
    """The answer to /settings, and to a change.

    Args:
        fallback, outsiders: what holds now.
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
        Text("Who may ask for videos here?"),
        *(
            Fact(f"{name}{' (now)' if each is outsiders else ''}:", _OUTSIDERS_MEAN[each])
            for each, name in OUTSIDER_NAMES.items()
        ),
        *(
            Button(
                Action.CHOOSE,
                f"✓ {name}" if each is outsiders else name,
                f"outsiders={each.value}",
                primary=each is outsiders,
            )
            for each, name in OUTSIDER_NAMES.items()
        ),
        SmallPrint("It holds for videos asked for from now on; those under way keep what they began with."),
    ]
    title = f"Changed: {_name(changed).lower()}" if changed is not None else "Settings of this workspace"
    return Card(title=title, tone=Tone.QUIET, parts=tuple(parts))


def _name(choice: Fallback | Outsiders) -> str:
    return NAMES[choice] if isinstance(choice, Fallback) else OUTSIDER_NAMES[choice]


def _means(choice: Fallback, last_resort: Mapping[TierName, str]) -> str:
    if choice is not Fallback.ANY:
        return _MEANS[choice]
    if not last_resort:
        return "whoever can. Whoever runs Neverdark has named nobody beyond the tier, so it is the same tier here."
    named = listed([f"{label} for {tier.value}" for tier, label in last_resort.items()])
    return f"the other providers of the tier, then as a last resort {named}."
