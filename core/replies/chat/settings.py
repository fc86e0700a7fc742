"""What the admins of a workspace read about its settings, each with what its values mean."""

from collections.abc import Mapping, Sequence

from core.domain.chat.principal import Outsiders
from core.domain.requests.fallback import Elsewhere, Fallback
from core.domain.requests.tiers import TierName
from core.replies.chat.card import Action, Button, Card, Fact, Part, SmallPrint, Text, Tone
from core.replies.chat.words import days, listed
from core.replies.languages.say import later, say

NAMES = {Fallback.NEVER: later("Never fall back"), Fallback.SAME_TIER: later("Same tier"), Fallback.ANY: later("Any")}
ELSEWHERE_NAMES = {Elsewhere.OFFER: later("Ask me first"), Elsewhere.GO_ON: later("Ask the next at once")}
_ELSEWHERE_MEANS = {
    Elsewhere.OFFER: later(
        "the person reads why, and may send it to the next provider with a button. Until then it costs 0."
    ),
    Elsewhere.GO_ON: later(
        "the next provider of the chain gets the request by itself, within the price that was shown."
    ),
}
_MEANS = {
    Fallback.NEVER: later(
        "only the tier's first provider makes the video. If it cannot, there is none, and nothing is paid."
    ),
    Fallback.SAME_TIER: later("the other providers of the tier take over, in order. Nobody else."),
}


OUTSIDER_NAMES = {
    Outsiders.NOBODY: later("Members only"),
    Outsiders.GUESTS: later("And guests"),
    Outsiders.EVERYBODY: later("Everybody"),
}
_OUTSIDERS_MEAN = {
    Outsiders.NOBODY: later("who belongs to this workspace as a member, and nobody else."),
    Outsiders.GUESTS: later("members, and this workspace's own guests."),
    Outsiders.EVERYBODY: later(
        "people of other workspaces, too, in channels that are shared with them. This workspace pays."
    ),
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
        Text(say("When the first provider of a video fails, who may take over?")),
        *(
            Fact(f"{say(NAMES[each])}{say(' (now)') if each is fallback else ''}:", _means(each, last_resort))
            for each in Fallback
        ),
        *(
            Button(
                Action.CHOOSE,
                f"✓ {say(NAMES[each])}" if each is fallback else say(NAMES[each]),
                f"fallback={each.value}",
                primary=each is fallback,
            )
            for each in Fallback
        ),
        Text(say("And when a provider refuses a video by a rule of its own, one that others do not have?")),
        *(
            Fact(f"{say(name)}{say(' (now)') if each is elsewhere else ''}:", say(_ELSEWHERE_MEANS[each]))
            for each, name in ELSEWHERE_NAMES.items()
        ),
        *(
            Button(
                Action.CHOOSE,
                f"✓ {say(name)}" if each is elsewhere else say(name),
                f"refused={each.value}",
                primary=each is elsewhere,
            )
            for each, name in ELSEWHERE_NAMES.items()
        ),
        Text(say("Who may ask for videos here?")),
        *(
            Fact(f"{say(name)}{say(' (now)') if each is outsiders else ''}:", say(_OUTSIDERS_MEAN[each]))
            for each, name in OUTSIDER_NAMES.items()
        ),
        *(
            Button(
                Action.CHOOSE,
                f"✓ {say(name)}" if each is outsiders else say(name),
                f"outsiders={each.value}",
                primary=each is outsiders,
            )
            for each, name in OUTSIDER_NAMES.items()
        ),
        SmallPrint(say("It holds for videos asked for from now on; those under way keep what they began with.")),
        Text(
            say(
                "Prompts, pictures and videos are deleted here after {days}. What is in your "
                "channels stays there. To change it: /settings keep:30",
                days=days(keep_days),
            )
        ),
    ]
    parts += [
        Text(say("Rules: who may ask for what, where, and how often. /settings rules shows them.")),
        *panels,
    ]
    title = (
        say("Changed: {changed}", changed=_name(changed)) if changed is not None else say("Settings of this workspace")
    )
    return Card(title=title, tone=Tone.QUIET, parts=tuple(parts))


def _name(choice: Fallback | Elsewhere | Outsiders | int) -> str:
    match choice:
        case Fallback():
            return say(NAMES[choice])
        case Elsewhere():
            return say(ELSEWHERE_NAMES[choice])
        case Outsiders():
            return say(OUTSIDER_NAMES[choice])
        case _:
            return say("kept for {days}", days=days(choice))


def _means(choice: Fallback, last_resort: Mapping[TierName, str]) -> str:
    if choice is not Fallback.ANY:
        return say(_MEANS[choice])
    if not last_resort:
        return say("whoever can. Nobody beyond the tier is set up here, so for now it is the same as the tier.")
    named = listed([say("{maker} for {tier}", maker=label, tier=tier.value) for tier, label in last_resort.items()])
    return say("the other providers of the tier, then as a last resort {named}.", named=named)
