"""The card with the settings of a workspace, for its admins: the present values, and menus to change them."""

from collections.abc import Mapping, Sequence

from core.domain.chat.principal import Outsiders
from core.domain.requests.fallback import Elsewhere, Fallback
from core.domain.requests.tiers import TierName
from core.replies.chat.card import Action, Button, Card, Fact, Menu, Part, SmallPrint, Text, Tone
from core.replies.chat.words import days, listed
from core.replies.languages.say import later, say
from core.replies.languages.vocabulary import typed

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
    Outsiders.NOBODY: later("whoever is a member here, and nobody else."),
    Outsiders.GUESTS: later("members, and the guests who were invited here."),
    Outsiders.EVERYBODY: later(
        "people from elsewhere, too, in channels that are shared with them. It is paid for from here."
    ),
}


_HINTS: Mapping[str, str] = {
    Fallback.NEVER: later("The tier's first provider, or no video"),
    Fallback.SAME_TIER: later("The tier's other providers, in order"),
    Fallback.ANY: later("The tier's others, then the last resort"),
    Elsewhere.OFFER: later("With a button; until then it costs 0"),
    Elsewhere.GO_ON: later("By itself, within the price that was shown"),
    Outsiders.NOBODY: later("Nobody but members"),
    Outsiders.GUESTS: later("Guests who were invited here, too"),
    Outsiders.EVERYBODY: later("People of shared channels, too; it is paid from here"),
}
"""The meaning of each choice in a few words. No value belongs to two settings."""


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
        fallback, elsewhere, outsiders: the present values.
        keep_days: days for which prompts, pictures and clips are kept.
        changed: the value that was just chosen; a number is days.
        panels: the buttons that open the panels of rules.
        last_resort: by tier, the label of the provider that the operator lets it fall back to beyond its chain.
    """
    now = say("{name}: {meaning}", name=say(NAMES[fallback]), meaning=_means(fallback, last_resort))
    then = say("{name}: {meaning}", name=say(ELSEWHERE_NAMES[elsewhere]), meaning=say(_ELSEWHERE_MEANS[elsewhere]))
    who = say("{name}: {meaning}", name=say(OUTSIDER_NAMES[outsiders]), meaning=say(_OUTSIDERS_MEAN[outsiders]))
    parts: list[Part] = [
        Fact(say("When a provider fails:"), now),
        Fact(say("When a provider refuses by a rule of its own:"), then),
        Fact(say("Who may ask for videos:"), who),
        Fact(
            say("Kept here:"),
            say(
                "prompts, pictures and videos for {days}; what is in your channels stays there. "
                "To change it: {command}",
                days=days(keep_days),
                command=typed("/settings keep:30"),
            ),
        ),
        Text(
            say(
                "Rules: who may ask for what, where, and how often. {command} shows them.",
                command=typed("/settings rules"),
            )
        ),
        _choice(say("When a provider fails …"), "fallback", NAMES, fallback),
        _choice(say("When a provider refuses …"), "refused", ELSEWHERE_NAMES, elsewhere),
        _choice(say("Who may ask …"), "outsiders", OUTSIDER_NAMES, outsiders),
    ]
    if panels:
        parts.append(Menu(say("Change a rule …"), tuple(panels), picks=True))
    parts.append(
        SmallPrint(say("It holds for videos asked for from now on; those under way keep what they began with."))
    )
    title = say("Changed: {changed}", changed=_name(changed)) if changed is not None else say("What is set here")
    return Card(title=title, tone=Tone.QUIET, parts=tuple(parts))


def _choice(
    label: str,
    setting: str,
    names: Mapping[Fallback, str] | Mapping[Elsewhere, str] | Mapping[Outsiders, str],
    now: Fallback | Elsewhere | Outsiders,
) -> Menu:
    """The values of a setting, with a mark at the present one."""
    options = [
        Button(
            Action.CHOOSE,
            f"✓ {say(name)}" if each is now else say(name),
            f"{setting}={each.value}",
            hint=say(_HINTS[each.value]),
        )
        for each, name in names.items()
    ]
    return Menu(label, tuple(options), picks=True)


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
