"""What the admins of a workspace read about its settings, each with what its values mean."""

from collections.abc import Mapping, Sequence

from core.domain.chat.principal import Outsiders
from core.domain.requests.fallback import Elsewhere, Fallback
from core.domain.requests.tiers import TierName
from core.replies.chat.card import Action, Button, Card, Fact, Part, SmallPrint, Text, Tone
from core.replies.chat.words import listed

NAMES = {Fallback.NEVER: "Never fall back", Fallback.SAME_TIER: "Same tier", Fallback.ANY: "Any"}
ELSEWHERE_NAMES = {Elsewhere.OFFER: "Ask me first", Elsewhere.GO_ON: "Ask the next at once"}
_ELSEWHERE_MEANS = {
    Elsewhere.OFFER: "the person reads why, and may send it to the next provider with a button. Until then it costs 0.",
    Elsewhere.GO_ON: "the next provider of the chain gets the request by itself, within the price that was shown.",
}
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
    keep_days: int,
    elsewhere: Elsewhere = Elsewhere.OFFER,
    outsiders: Outsiders = Outsiders.NOBODY,
    changed: Fallback | Elsewhere | Outsiders | int | None = None,
    panels: Sequence[Button] = (),
) -> Card:
    """The answer to /settings, and to a change.

    Args:
        fallback, elsewhere, outsiders: what holds now.
        keep_days: for how many days prompts, pictures and clips are kept.
        changed: what was just chosen; a number is days.
        panels: the buttons behind which rules are set.
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
        Text("And when a provider refuses a video by a rule of its own, one that others do not have?"),
        *(
            Fact(f"{name}{' (now)' if each is elsewhere else ''}:", _ELSEWHERE_MEANS[each])
            for each, name in ELSEWHERE_NAMES.items()
        ),
        *(
            Button(
                Action.CHOOSE,
                f"✓ {name}" if each is elsewhere else name,
                f"refused={each.value}",
                primary=each is elsewhere,
            )
            for each, name in ELSEWHERE_NAMES.items()
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
        Text(
            f"Prompts, pictures and videos are deleted here after {days(keep_days)}. "
            "What is in your channels stays there. To change it: /settings keep:30"
        ),
    ]
    parts += [
        Text("Rules: who may ask for what, where, and how often. /settings rules shows them."),
        *panels,
    ]
    title = f"Changed: {_name(changed)}" if changed is not None else "Settings of this workspace"
    return Card(title=title, tone=Tone.QUIET, parts=tuple(parts))


def days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _name(choice: Fallback | Elsewhere | Outsiders | int) -> str:
    match choice:
        case Fallback():
            return NAMES[choice].lower()
        case Elsewhere():
            return ELSEWHERE_NAMES[choice].lower()
        case Outsiders():
            return OUTSIDER_NAMES[choice].lower()
        case _:
            return f"kept for {days(choice)}"


def _means(choice: Fallback, last_resort: Mapping[TierName, str]) -> str:
    if choice is not Fallback.ANY:
        return _MEANS[choice]
    if not last_resort:
        return "whoever can. Whoever runs Neverdark has named nobody beyond the tier, so it is the same tier here."
    named = listed([f"{label} for {tier.value}" for tier, label in last_resort.items()])
    return f"the other providers of the tier, then as a last resort {named}."
